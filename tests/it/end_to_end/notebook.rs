//! The notebook in a browser, as the person sees it who was given the URL.

use std::path::Path;

use super::browser::Browser;

/// What Milvus has to find, with the cosine that this model gives.
pub(crate) const ANSWER: &str =
    "0.7902  Alan Turing was the first person to conduct substantial research in AI.";

/// Logs in and fills the form; what the page shows then is for the caller to judge.
async fn log_in(browser: &mut Browser, url: &str, user: &str, password: &str) {
    browser.open(url).await;
    for (field, text) in [("username", user), ("password", password)] {
        let input = format!("document.querySelector('input[name={field}]')");
        browser.click(&format!("the login form's {field}"), &input, 3).await;
        browser.type_text(text).await;
    }
    browser.enter().await;
}

/// Logs in, first with a wrong password, opens the notebook, runs it and reads the answer.
pub(crate) async fn answers_the_question(profile: &Path, url: &str, user: &str, password: &str) {
    let mut browser = Browser::start(profile).await;
    log_in(&mut browser, url, user, "not the password").await;
    browser.wait_for("a refusal", "!!document.querySelector('[role=alert]')").await;
    browser.screenshot("1-refused").await;

    log_in(&mut browser, url, user, password).await;
    runs(&mut browser).await;
}

/// From the file list to the answer.
async fn runs(browser: &mut Browser) {
    let file = "[...document.querySelectorAll('.jp-DirListing-itemText')]\
                .find(e => e.textContent.trim() === 'TestMilvus.ipynb')";
    browser.click("TestMilvus.ipynb in the file list", file, 2).await;
    // Both sides have to say so: until then "run" asks which kernel to use.
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

/// Logs in as someone who may not use the service: known, but refused.
pub(crate) async fn is_closed_to(profile: &Path, url: &str, user: &str, password: &str) {
    let mut browser = Browser::start(profile).await;
    log_in(&mut browser, url, user, password).await;
    let status = "performance.getEntriesByType('navigation')[0].responseStatus === 403";
    browser.wait_for("403", status).await;
    browser.screenshot("4-forbidden").await;
}
