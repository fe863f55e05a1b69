//! How a deployment comes to be, and stays as it is.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::deployment::{DATABASE, Deployment};
use super::engine::Engine;
use super::notebook::ANSWER;
use super::witness::Witness;

/// The ids of the steps that changed something, in a `deploy --format json`.
pub(crate) fn changed(report: &Value) -> Vec<&str> {
    let changes = report["changes"].as_array().expect("deploy reports its changes");
    changes.iter().map(|step| step["id"].as_str().expect("a step has an id")).collect()
}

/// Kills deploy in each of its phases, and lets the last one finish: the URL.
pub(crate) fn killed_anywhere_a_deploy_is_finished_by_the_next(deployment: &Deployment) -> String {
    for phase in
        ["sql:bootstrap/", "build:jupyter", "push:jupyter", "put:", "service:milvus", "ready:"]
    {
        let started = format!("> {phase}");
        let ended =
            deployment.run_until(&["deploy", "--yes", "-v"], |line| line.contains(&started));
        assert_eq!(ended.code, None, "deploy was not killed at {phase}:\n{}", ended.stderr);
    }
    let report = deployment.json(&["deploy", "--yes"]);
    assert_eq!(report["user"], "MILVUS_USER");
    report["url"].as_str().expect("deploy ends with a URL").to_owned()
}

/// The answer comes from Milvus, through the public endpoint, and the executed notebook is kept.
pub(crate) fn verify_finds_the_answer(deployment: &Deployment) {
    let report = deployment.json(&["verify"]);
    let score = report["score"].as_f64().expect("verify reports the score");
    assert!((score - 0.79).abs() < 0.005, "{report}");
    let executed = deployment.path("target/spcs/local/TestMilvus.executed.ipynb");
    let executed = std::fs::read_to_string(executed).expect("the executed notebook is kept");
    assert!(executed.contains(ANSWER), "{executed}");
}

/// Nothing is sent, rolled or restarted, and that takes seconds.
pub(crate) fn a_second_deploy_changes_nothing(deployment: &Deployment, engine: Engine) {
    let before = engine.containers(DATABASE);
    let ended = deployment.succeed(&["deploy", "--format", "json"]);
    let report: Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(changed(&report), [""; 0]);
    assert!(ended.took < Duration::from_secs(10), "it took {:?}", ended.took);
    assert_eq!(engine.containers(DATABASE), before);
}

/// The next `local start` adopts the containers that went on running.
pub(crate) fn a_killed_platform_finds_its_services_again(deployment: &Deployment, engine: Engine) {
    let before = engine.containers(DATABASE);
    let platform = deployment.platform();
    let process = platform["pid"].as_u64().expect("the platform's process").to_string();
    let killed = std::process::Command::new("kill").args(["-9", &process]).status();
    assert!(killed.expect("kill").success());
    deployment.succeed(&["local", "start"]);
    let report = deployment.json(&["deploy"]);
    assert_eq!(changed(&report), [""; 0]);
    assert_eq!(engine.containers(DATABASE), before);
    verify_finds_the_answer(deployment);
}

/// The password is in its file and nowhere else; gives it back.
pub(crate) fn secrets_stay_where_they_belong(
    deployment: &Deployment,
    engine: Engine,
    witness: &Witness,
) -> String {
    let file = deployment.path("target/spcs/local/user_password");
    let password = std::fs::read_to_string(&file).expect("deploy generated a password");
    let password = password.trim().to_owned();
    let admin = deployment.platform()["password"].as_str().expect("a password").to_owned();
    let token = session_token(&engine.inspect(&engine.container(DATABASE, "jupyter")));
    let secrets = [password.as_str(), admin.as_str(), token.as_str()];

    let loud = deployment.succeed(&["deploy", "-vvv"]);
    free_of("deploy -vvv", &format!("{}{}", loud.stdout, loud.stderr), &secrets);
    let log = std::fs::read_to_string(deployment.path("target/spcs/local/platform.log"));
    free_of("the platform's log", &log.unwrap_or_default(), &secrets);
    for container in engine.containers(DATABASE) {
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
    let token = std::fs::read_to_string(file).expect("a token");
    assert!(token.len() > 20, "that is no token");
    token
}

/// Fails without showing the secret.
#[track_caller]
fn free_of(what: &str, text: &str, secrets: &[&str]) {
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{what} shows a password");
}
