//! Opens and runs the notebook in a browser, as a user with the URL does.

use std::path::Path;

use super::browser::Browser;
use super::deployment::Deployment;
use super::engine::Engine;

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

/// Whoever reaches the container directly gets no more than Jupyter's version.
pub(crate) async fn answers_the_ingress_only(deployment: &Deployment, engine: Engine) {
    let inspected = engine.inspect(&deployment.container("jupyter"));
    let address = address(&inspected[0]);
    let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
    let status = async |path: &str, host: &str| {
        let request = client.get(format!("http://{address}{path}"));
        let forged = request.header("Host", host).header("Sf-Context-Current-User", "MILVUS_USER");
        forged.send().await.expect("an answer of the container").status().as_u16()
    };
    assert_eq!(status("/api", &address).await, 200, "the readiness probe");
    for host in [address.as_str(), "x-spcs-local.localhost", "x-y-z.snowflakecomputing.app"] {
        for path in ["/lab", "/api/contents", "/api/kernels", "/terminals/websocket/1"] {
            assert_eq!(status(path, host).await, 403, "{path} as {host}");
        }
    }
}

/// The host's address of the container's port 8888: published, or in the container's network.
fn address(inspected: &serde_json::Value) -> String {
    let settings = &inspected["NetworkSettings"];
    let published = &settings["Ports"]["8888/tcp"][0]["HostPort"];
    if let Some(port) = published.as_str() {
        return format!("127.0.0.1:{port}");
    }
    let networks = settings["Networks"].as_object().expect("the container's networks");
    let addresses = networks.values().filter_map(|network| network["IPAddress"].as_str());
    let first = addresses.into_iter().find(|address| !address.is_empty());
    format!("{}:8888", first.expect("an address of the container"))
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
