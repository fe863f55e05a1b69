//! Opens and runs the notebook in a browser, as a user with the URL does.

use std::path::Path;

use super::browser::Browser;

/// The expected search result, with the cosine similarity that this model yields.
pub(crate) const ANSWER: &str =
    "0.7902  Alan Turing was the first person to conduct substantial research in AI.";

/// Submits the login form. The caller checks the page that follows.
async fn log_in(browser: &mut Browser, url: &str, user: &str, password: &str) {
    browser.open(url).await;
    for (field, text) in [("username", user), ("password", password)] {
        let input = format!("document.querySelector('input[name={field}]')");
        browser.click(&format!("the login form's {field}"), &input, 3).await;
        browser.type_text(text).await;
    }
    browser.enter().await;
}

/// Logs in, first with a wrong password, then runs the notebook and waits for the answer.
pub(crate) async fn shows_the_answer(profile: &Path, url: &str, user: &str, password: &str) {
    let mut browser = Browser::start(profile).await;
    log_in(&mut browser, url, user, "not the password").await;
    browser.wait_for("a refusal", "!!document.querySelector('[role=alert]')").await;
    browser.screenshot("1-refused").await;

    log_in(&mut browser, url, user, password).await;
    run_notebook(&mut browser).await;
}

/// Opens the notebook from the file list, runs all cells and waits for the answer.
async fn run_notebook(browser: &mut Browser) {
    let file = "[...document.querySelectorAll('.jp-DirListing-itemText')]\
                .find(e => e.textContent.trim() === 'TestMilvus.ipynb')";
    browser.click("TestMilvus.ipynb in the file list", file, 2).await;
    // Server and page must both report an idle kernel. Until then "Run" asks for a kernel.
    let idle = "fetch('/api/sessions').then(r => r.json())\
                .then(all => all.some(one => one.kernel?.execution_state === 'idle'))\
                .then(idle => idle && [...document.querySelectorAll('.jp-StatusBar-TextItem')]\
                .some(e => e.textContent.includes('(ipykernel) | Idle')))";
    browser.wait_for("an idle kernel", idle).await;
    browser.screenshot("2-opened").await;

    let menu = "[...document.querySelectorAll('.lm-MenuBar-itemLabel')]\
                .find(e => e.textContent.trim() === 'Run')";
    browser.click("the Run menu", menu, 1).await;
    let run_all = "[...document.querySelectorAll('.lm-Menu-itemLabel')]\
                   .find(e => e.textContent.trim() === 'Run All Cells')";
    browser.click("Run All Cells", run_all, 1).await;
    let outputs = "[...document.querySelectorAll('.jp-OutputArea-output')]\
                   .map(e => e.textContent).join('\\n')";
    browser.wait_for("the answer", &format!("({outputs}).includes({ANSWER:?})")).await;
    browser.screenshot("3-answered").await;
}

/// A user who may not use the service can log in but gets 403.
pub(crate) async fn refuses_a_user_without_access(
    profile: &Path,
    url: &str,
    user: &str,
    password: &str,
) {
    let mut browser = Browser::start(profile).await;
    log_in(&mut browser, url, user, password).await;
    let status = "performance.getEntriesByType('navigation')[0].responseStatus === 403";
    browser.wait_for("403", status).await;
    browser.screenshot("4-forbidden").await;
}
