//! How a deployment comes to be, and stays as it is.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::deployment::Deployment;
use super::engine::Engine;
use super::notebook::ANSWER;
use super::witness::Witness;
use crate::project::{changed, signal};

/// Kills deploy in each of its phases, and lets the last one finish: the URL, and all that was said
/// meanwhile, as loudly as it can be.
pub(crate) fn killed_anywhere_a_deploy_is_finished_by_the_next(
    deployment: &Deployment,
) -> (String, String) {
    let arguments = ["deploy", "--yes", "-vvv", "--format", "json"];
    let mut said = String::new();
    for phase in
        ["sql:bootstrap/", "build:jupyter", "push:jupyter", "put:", "service:milvus", "ready:"]
    {
        let killed = deployment.killed_at(&arguments, &format!("> {phase}"));
        said = said + &killed.stdout + &killed.stderr;
    }
    let finished = deployment.succeed(&arguments);
    said = said + &finished.stdout + &finished.stderr;
    let report = finished.json();
    assert_eq!(report["user"], "MILVUS_USER");
    (report["url"].as_str().expect("deploy ends with a URL").to_owned(), said)
}

/// The answer comes from Milvus, through the public endpoint, and the executed notebook is kept.
pub(crate) fn verify_finds_the_answer(deployment: &Deployment) {
    let report = deployment.json(&["verify"]);
    let score = report["score"].as_f64().expect("verify reports the score");
    assert!((score - 0.79).abs() < 0.005, "{report}");
    let executed = deployment.path("target/spcs/local/TestMilvus.executed.ipynb");
    let executed = fs_err::read_to_string(executed).expect("the executed notebook is kept");
    assert!(executed.contains(ANSWER), "{executed}");
}

/// Nothing is sent, rolled or restarted, and that takes seconds.
pub(crate) fn a_second_deploy_changes_nothing(deployment: &Deployment) {
    let before = deployment.containers();
    let ended = deployment.succeed(&["deploy", "--format", "json"]);
    let took = ended.took;
    assert_eq!(changed(&ended.json()), [""; 0]);
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    assert_eq!(deployment.containers(), before);
}

/// The next `local start` adopts the containers that went on running.
pub(crate) fn a_killed_platform_finds_its_services_again(deployment: &Deployment) {
    let before = deployment.containers();
    let platform = deployment.platform();
    signal("-9", &platform["pid"]);
    deployment.succeed(&["local", "start"]);
    let report = deployment.json(&["deploy"]);
    assert_eq!(changed(&report), [""; 0]);
    assert_eq!(deployment.containers(), before);
    verify_finds_the_answer(deployment);
}

/// The password is in its file and nowhere else; gives it back.
pub(crate) fn secrets_stay_where_they_belong(
    deployment: &Deployment,
    engine: Engine,
    said: &str,
    witness: &Witness,
) -> String {
    let password = deployment.read("target/spcs/local/user_password").trim().to_owned();
    let admin = deployment.platform()["password"].as_str().expect("a password").to_owned();
    let token = session_token(&engine.inspect(&deployment.container("jupyter")));
    let secrets = [password.as_str(), admin.as_str(), token.as_str()];
    let sent = [&secrets[..], &["Snowflake Token=", "Bearer ", "Basic "]].concat();

    free_of("deploy -vvv", said, &sent);
    let log = deployment.read("target/spcs/local/platform.log");
    assert!(log.contains("statement executed"), "the platform said little:\n{log}");
    free_of("the platform's log", &log, &sent);
    for container in deployment.containers() {
        let inspected = engine.inspect(&container);
        free_of("inspect", &inspected.to_string(), &secrets);
        for variable in inspected[0]["Config"]["Env"].as_array().expect("an environment") {
            let name = variable.as_str().unwrap_or_default().split('=').next().unwrap_or_default();
            assert!(!name.contains("PASSWORD") && !name.contains("TOKEN"), "{name}");
        }
        free_of("the container's log", &engine.logs(&container), &secrets);
    }
    let lines = witness.seen();
    assert!(lines.iter().any(|line| line.contains("deploy")), "the witness saw deploy run");
    lines.iter().for_each(|line| free_of("a command line", line, &secrets));
    password
}

/// The token that the platform gives a container, from the file that is mounted for it.
fn session_token(inspected: &Value) -> String {
    let mounts = inspected[0]["Mounts"].as_array().expect("mounts");
    let session = |mount: &&Value| mount["Destination"].as_str().unwrap_or("").contains("session");
    let mount = mounts.iter().find(session).expect("a mount for the session's token");
    let source = Path::new(mount["Source"].as_str().expect("a source"));
    let file = if source.is_dir() { source.join("token") } else { source.to_owned() };
    let token = fs_err::read_to_string(file).expect("a token");
    assert!(token.len() > 20, "that is no token");
    token
}

/// Fails without showing the secret.
#[track_caller]
fn free_of(what: &str, text: &str, secrets: &[&str]) {
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{what} shows a password");
}
