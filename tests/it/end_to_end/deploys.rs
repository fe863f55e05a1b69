//! Deploys that are killed or repeated, and the secrets of a deployment.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::deployment::Deployment;
use super::engine::Engine;
use super::notebook::ANSWER;
use super::process_watcher::ProcessWatcher;
use crate::project::{changed, signal};

/// Kills deploy in each of its phases and lets the last run finish. Returns the URL and the output
/// of all runs at the highest verbosity.
pub(crate) fn a_deploy_killed_in_any_phase_is_completed_by_the_next_run(
    deployment: &Deployment,
) -> (String, String) {
    let arguments = ["deploy", "--yes", "-vvv", "--format", "json"];
    let mut output = String::new();
    for phase in
        ["sql:bootstrap/", "build:jupyter", "push:jupyter", "put:", "service:milvus", "ready:"]
    {
        let killed = deployment.killed_at(&arguments, &format!("> {phase}"));
        output = output + &killed.stdout + &killed.stderr;
    }
    let finished = deployment.succeed(&arguments);
    output = output + &finished.stdout + &finished.stderr;
    let report = finished.json();
    assert_eq!(report["user"], "MILVUS_USER");
    (report["url"].as_str().expect("deploy ends with a URL").to_owned(), output)
}

/// Verify gets the answer from Milvus through the public endpoint and keeps the executed notebook.
pub(crate) fn verify_finds_the_answer(deployment: &Deployment) {
    let report = deployment.json(&["verify"]);
    let score = report["score"].as_f64().expect("verify reports the score");
    assert!((score - 0.79).abs() < 0.005, "{report}");
    let executed = deployment.path("target/spcs/local/TestMilvus.executed.ipynb");
    let executed = fs_err::read_to_string(executed).expect("the executed notebook is kept");
    assert!(executed.contains(ANSWER), "{executed}");
}

/// A second deploy takes seconds and uploads, upgrades and restarts nothing.
pub(crate) fn a_second_deploy_changes_nothing(deployment: &Deployment) {
    let before = deployment.containers();
    let ended = deployment.succeed(&["deploy", "--format", "json"]);
    let took = ended.took;
    assert_eq!(changed(&ended.json()), [""; 0]);
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    assert_eq!(deployment.containers(), before);
}

/// After the platform is killed, `local start` adopts the containers that kept running.
pub(crate) fn a_restarted_platform_adopts_its_running_services(deployment: &Deployment) {
    let before = deployment.containers();
    let platform = deployment.platform();
    signal("-9", &platform["pid"]);
    deployment.succeed(&["local", "start"]);
    let report = deployment.json(&["deploy"]);
    assert_eq!(changed(&report), [""; 0]);
    assert_eq!(deployment.containers(), before);
    verify_finds_the_answer(deployment);
}

/// The password is in its file and nowhere else. Returns the password.
pub(crate) fn secrets_are_not_exposed(
    deployment: &Deployment,
    engine: Engine,
    output: &str,
    watcher: &ProcessWatcher,
) -> String {
    let password = deployment.read("target/spcs/local/user_password").trim().to_owned();
    let admin = deployment.platform()["password"].as_str().expect("a password").to_owned();
    let notebook = engine.inspect(&deployment.container("jupyter"));
    let [token, key] = ["token", "ingress_key"].map(|name| session_file(&notebook, name));
    let secrets = [password.as_str(), admin.as_str(), token.as_str(), key.as_str()];
    let sent = [&secrets[..], &["Snowflake Token=", "Bearer ", "Basic "]].concat();

    assert_no_secrets("deploy -vvv", output, &sent);
    let log = deployment.read("target/spcs/local/platform.log");
    assert!(log.contains("statement executed"), "the platform logged no statement:\n{log}");
    assert_no_secrets("the platform's log", &log, &sent);
    for container in deployment.containers() {
        let inspected = engine.inspect(&container);
        assert_no_secrets("inspect", &inspected.to_string(), &secrets);
        for variable in inspected[0]["Config"]["Env"].as_array().expect("an environment") {
            let name = variable.as_str().unwrap_or_default().split('=').next().unwrap_or_default();
            assert!(!name.contains("PASSWORD") && !name.contains("TOKEN"), "{name}");
        }
        assert_no_secrets("the container's log", &engine.logs(&container), &secrets);
    }
    let lines = watcher.command_lines();
    assert!(lines.iter().any(|line| line.contains("deploy")), "deploy was not recorded");
    lines.iter().for_each(|line| assert_no_secrets("a command line", line, &secrets));
    password
}

/// A secret of a container, read from the directory that the platform mounts into it.
pub(crate) fn session_file(inspected: &Value, name: &str) -> String {
    let mounts = inspected[0]["Mounts"].as_array().expect("mounts");
    let session = |mount: &&Value| mount["Destination"].as_str().unwrap_or("").contains("session");
    let mount = mounts.iter().find(session).expect("a mount for the session's token");
    let source = Path::new(mount["Source"].as_str().expect("a source"));
    let secret = fs_err::read_to_string(source.join(name)).expect("a secret");
    assert!(secret.len() > 20, "`{name}` is too short");
    secret
}

/// Fails if `text` contains a secret. The message does not show the secret.
#[track_caller]
fn assert_no_secrets(what: &str, text: &str, secrets: &[&str]) {
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{what} contains a secret");
}
