//! Deploys: repeated, phase by phase, interrupted, killed, and cleaned up.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::project::{changed, signal};
use crate::sandbox::Sandbox;
use crate::sql_client::SqlClient;

#[test]
fn a_deploy_reports_the_url_the_user_and_the_password_file() {
    let sandbox = Sandbox::new();
    let run = sandbox.xtask(&["deploy", "--format", "json", "-vvv"]).code(0);
    let platform = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let password = sandbox.read("target/spcs/local/user_password");
    // The platform that deploy started logs at deploy's verbosity.
    let log = sandbox.read("target/spcs/local/platform.log");
    assert!(log.contains("statement executed"), "{log}");
    let secrets = [password.trim(), platform["password"].as_str().expect("a password")];
    for secret in secrets.into_iter().chain(["Snowflake Token=", "Bearer ", "Basic "]) {
        // The messages must not show the secret.
        assert!(
            !run.stderr.contains(secret) && !run.stdout.contains(secret),
            "deploy prints a secret"
        );
        assert!(!log.contains(secret), "the platform's log contains a secret");
    }
    let deployed = run.json();
    let url = deployed["url"].as_str().expect("a url");
    assert!(url.starts_with("http://") && url.contains("-spcs-local.localhost:"), "{url}");
    assert_eq!(deployed["user"], "MILVUS_USER");
    assert_eq!(deployed["password_file"], "[DIR]/target/spcs/local/user_password");
}

#[test]
fn a_second_deploy_reports_that_nothing_changed() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let builds = sandbox.engine_calls("build");
    let second = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(changed(&second.json()), [""; 0]);
    assert_eq!(sandbox.engine_calls("build"), builds);
}

#[test]
fn an_edited_notebook_changes_one_image_and_one_service() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.edit("images/jupyter/TestMilvus.ipynb", "# Search with Milvus", "# Search");
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).json();
    assert_eq!(
        changed(&deployed),
        ["build:jupyter", "push:jupyter", "put:jupyter", "service:jupyter"]
    );
}

#[test]
fn the_phases_run_one_by_one_leave_nothing_to_deploy() {
    let sandbox = Sandbox::new();
    let phases: [&[&str]; 7] = [
        &["build"],
        &["sql", "bootstrap"],
        &["push"],
        &["put"],
        &["services"],
        &["grants"],
        &["endpoints"],
    ];
    for phase in phases {
        sandbox.xtask(phase).code(0);
    }
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(changed(&deployed.json()), [""; 0]);
}

#[test]
fn a_killed_deploy_is_completed_by_the_next_run() {
    let sandbox = Sandbox::new();
    sandbox.hold_builds();
    drop(sandbox.killed_at(&["deploy"], "> sql:bootstrap/080"));
    sandbox.release_builds();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn an_interrupted_deploy_finishes_running_steps_and_is_completed_by_the_next_run() {
    let sandbox = Sandbox::new();
    let run =
        sandbox.interrupted_deploy().code(130).says("hint: run the same command again to continue");
    assert!(!run.stderr.contains("> service:"), "{}", run.stderr);
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_password_that_was_sent_is_not_sent_again_after_a_failed_run() {
    let sandbox = Sandbox::new();
    sandbox.edit("specs/jupyter.yaml", "<% files_stage %>", "NO_STAGE");
    sandbox.xtask(&["deploy"]).code(6);
    sandbox.edit("specs/jupyter.yaml", "NO_STAGE", "<% files_stage %>");
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).json();
    let sent = changed(&deployed).into_iter().filter(|step| step.contains("040_user"));
    assert_eq!(sent.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_killed_platform_keeps_its_state() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    signal("-9", &status["pid"]);
    sandbox.xtask(&["status"]).code(5);
    let again = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(changed(&again.json()), [""; 0]);
}

#[test]
fn clean_asks_for_confirmation_and_a_second_clean_finds_nothing() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["clean"]).code(9).without_data().says("hint: pass `--yes`");
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    sandbox.xtask(&["clean", "--yes"]).code(0);
    let again = sandbox.xtask(&["clean", "--format", "json"]).code(0).says("nothing to do");
    assert_eq!(again.json(), json!({"changes": []}));
}

#[tokio::test]
async fn optional_settings_of_spcs_toml_are_deployed_and_cleaned_up() {
    let sandbox = Sandbox::new();
    let hosts = "hosts = [\"pypi.org:443\", \"files.pythonhosted.org:443\"]";
    sandbox.edit("spcs.toml", hosts, "hosts = []");
    sandbox.edit("spcs.toml", "create_integration = false", "create_integration = true");
    sandbox.edit("spcs.toml", "schema = \"PUBLIC\"", "schema = \"SEARCH\"");
    sandbox.xtask(&["local", "start"]).code(0);
    let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let client = SqlClient::new(&status).await;
    let before = client.objects().await;

    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).json();
    let steps = changed(&deployed);
    for step in ["sql:bootstrap/010_ingress_integration.sql", "sql:bootstrap/090_schema.sql"] {
        assert!(steps.iter().any(|changed| changed == step), "{step} of {steps:?}");
    }
    let services = &deployed["services"];
    assert_eq!(services[0]["name"], "MILVUS_DEMO.SEARCH.JUPYTER", "{services}");
    let account = client.objects().await;
    assert!(!account.iter().any(|line| line.contains("EGRESS")), "{account:#?}");
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");

    sandbox.xtask(&["clean", "--yes"]).code(0);
    // The integration belongs to the whole account: other deployments may use it.
    let after = client.objects().await;
    let (kept, after): (BTreeSet<_>, _) =
        after.into_iter().partition(|line| line.contains("SNOWSERVICES_INGRESS_OAUTH"));
    assert!(kept.iter().any(|line| line.starts_with("SHOW INTEGRATIONS: ")), "{kept:?}");
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_refused_login_exits_5_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["local", "start"]).code(0);
    let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let client = SqlClient::new(&status).await;
    let before = client.objects().await;
    let file = sandbox.path("target/spcs/local/platform.json");
    let mut status: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    status["password"] = json!("not-the-password");
    fs_err::write(&file, status.to_string()).unwrap();
    sandbox.xtask(&["sql", "bootstrap"]).code(5).without_data().says("logging in at `local`");
    assert_eq!(client.objects().await, before);
}

#[test]
fn a_password_that_is_not_stored_here_is_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let file = sandbox.path("target/spcs/local/user_password");
    fs_err::remove_file(&file).unwrap();
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(deployed.json()["password_file"], json!(null));
    let text = sandbox.xtask(&["deploy"]).code(0).stdout;
    assert!(text.contains("not known here; `cargo xtask sql password` sets a new one"), "{text}");
    // No statement of this file changes anything, so it creates no password.
    sandbox.xtask(&["sql", "sql/bootstrap/040_user.sql"]).code(0);
    assert!(!file.exists());
    let verify = sandbox.xtask(&["verify"]).code(3).without_data();
    verify.says("password is not known here").says("`cargo xtask sql password`");

    sandbox.xtask(&["sql", "password"]).code(0);
    assert!(file.exists());
    let again = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(again.json()["password_file"], "[DIR]/target/spcs/local/user_password");
}

#[test]
fn a_password_from_an_unfinished_run_is_set_for_the_existing_user() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    fs_err::write(sandbox.path("target/spcs/local/user_password.fresh"), "").unwrap();
    let plan = sandbox.xtask(&["plan"]).code(0).stdout;
    assert!(plan.contains("sql/password/010_user_password.sql"), "{plan}");
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).json();
    assert_eq!(changed(&deployed), ["sql:password/010_user_password.sql"]);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn no_child_process_inherits_the_users_password() {
    let sandbox = Sandbox::new();
    let password = "Correct-Horse-7-Battery";
    let mut deploy = sandbox.command(&["deploy"]);
    deploy.env("SPCS_USER_PASSWORD", password);
    let output = deploy.output().expect("xtask runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!sandbox.path("target/spcs/local/user_password").exists(), "the variable is used");
    let inherited = sandbox.read("bin/environment");
    assert!(inherited.contains("SPCS_LOCAL_RUNTIME="), "the engine inherits other variables");
    assert!(!inherited.contains(password), "the engine inherits the password");
    let platform = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let inherited = environment_of(&platform["pid"]);
    assert!(!inherited.contains(password), "the platform inherits the password");
}

/// The environment that a process started with.
fn environment_of(process: &Value) -> String {
    String::from_utf8_lossy(
        &fs_err::read(format!("/proc/{process}/environ")).expect("its environment"),
    )
    .into_owned()
}

#[test]
fn a_wrong_password_of_the_user_is_reported_with_a_hint() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let file = sandbox.path("target/spcs/local/user_password");
    fs_err::write(&file, "not-the-password\n").unwrap();
    sandbox
        .xtask(&["verify"])
        .code(5)
        .without_data()
        .says("the password of MILVUS_USER is refused")
        .says("hint: `cargo xtask sql password` gives the user the password that is kept here");
    sandbox.xtask(&["sql", "password"]).code(0);
    // Verify fails, as the simulated service serves no notebook, but the login succeeds.
    let run = sandbox.xtask(&["verify"]);
    assert!(!run.stderr.contains("is refused"), "{}", run.stderr);
}

#[test]
fn logs_in_json_are_one_document() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let log = sandbox.xtask(&["logs", "milvus", "-n", "1", "--format", "json"]).code(0).json();
    assert_eq!(log["service"], "MILVUS_DEMO.PUBLIC.MILVUS");
    assert_eq!((&log["container"], &log["instance"]), (&json!("milvus"), &json!("0")));
    assert!(log["lines"].as_array().unwrap().len() <= 1, "{log}");
}
