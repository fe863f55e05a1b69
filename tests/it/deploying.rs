//! Deploying, again and again, phase by phase, interrupted, and away again.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Names of the services whose step changed something.
fn changes(deployed: &Value) -> Vec<String> {
    let changes = deployed["changes"].as_array().expect("changes");
    changes.iter().map(|change| change["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_deploy_ends_with_the_url_the_user_and_where_the_password_is() {
    let sandbox = Sandbox::new();
    let run = sandbox.xtask(&["deploy", "--format", "json", "-vvv"]).code(0);
    let password =
        std::fs::read_to_string(sandbox.path("target/spcs/local/user_password")).unwrap();
    assert!(!run.stderr.contains(password.trim()), "the password is in the log");
    let deployed = run.json();
    let url = deployed["url"].as_str().expect("a url");
    assert!(url.starts_with("http://") && url.contains("-spcs-local.localhost:"), "{url}");
    assert_eq!(deployed["user"], "MILVUS_USER");
    assert_eq!(deployed["password_file"], "[DIR]/target/spcs/local/user_password");
}

#[test]
fn a_second_deploy_changes_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let builds = sandbox.engine_calls("build");
    let second = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(changes(&second.json()), Vec::<String>::new());
    assert_eq!(sandbox.engine_calls("build"), builds);
}

#[test]
fn an_edited_notebook_changes_one_image_and_one_service() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.edit("images/jupyter/TestMilvus.ipynb", "# Search with Milvus", "# Search");
    let mut changed = changes(&sandbox.xtask(&["deploy", "--format", "json"]).code(0).json());
    changed.sort();
    assert_eq!(changed, ["build:jupyter", "push:jupyter", "put:jupyter", "service:jupyter"]);
}

#[test]
fn every_phase_alone_and_in_order_gives_what_deploy_gives() {
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
    assert_eq!(changes(&deployed.json()), Vec::<String>::new());
}

#[test]
fn a_deploy_that_was_killed_is_finished_by_the_next() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["deploy"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    for line in lines.map_while(Result::ok) {
        if line.contains("sql:bootstrap/080") {
            break;
        }
    }
    child.kill().expect("kill -9");
    child.wait().unwrap();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn an_interrupted_deploy_ends_what_runs_and_goes_on_when_run_again() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["deploy"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let mut said = String::new();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    for line in lines.map_while(Result::ok) {
        // The pools take a second to start: there is time to interrupt.
        if line.contains("> sql:bootstrap/080") {
            let pid = child.id().to_string();
            assert!(
                std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success()
            );
        }
        said.push_str(&line);
        said.push('\n');
    }
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("hint: run the same command again to go on"), "{said}");
    assert!(!said.contains("> service:"), "{said}");
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_killed_platform_still_has_everything_when_it_starts_again() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0).json();
    let pid = status["pid"].to_string();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    sandbox.xtask(&["status"]).code(5);
    let again = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(changes(&again.json()), Vec::<String>::new());
}

#[test]
fn clean_asks_first_and_finds_nothing_the_second_time() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    sandbox.xtask(&["clean"]).code(9).without_data().says("hint: pass `--yes`");
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    sandbox.xtask(&["clean", "--yes"]).code(0);
    let again = sandbox.xtask(&["clean", "--format", "json"]).code(0).says("nothing to do");
    assert_eq!(again.json(), json!({"changes": []}));
}

#[test]
fn a_refused_login_is_told_apart_from_a_refused_statement() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["local", "start"]).code(0);
    let file = sandbox.path("target/spcs/local/platform.json");
    let mut status: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    status["password"] = json!("not-the-password");
    std::fs::write(&file, status.to_string()).unwrap();
    sandbox.xtask(&["sql", "bootstrap"]).code(5).without_data().says("logging in at `local`");
}

#[test]
fn a_password_that_is_not_known_here_is_left_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let file = sandbox.path("target/spcs/local/user_password");
    std::fs::remove_file(&file).unwrap();
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).says("nothing changed");
    assert_eq!(deployed.json()["password_file"], json!(null));
    let text = sandbox.xtask(&["deploy"]).code(0).stdout;
    assert!(text.contains("not known here; `cargo xtask sql password` sets a new one"), "{text}");
    // No statement of this file changes anything: it makes no password either.
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
fn a_password_of_a_run_that_did_not_end_well_is_given_to_the_user_who_is_there() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    std::fs::write(sandbox.path("target/spcs/local/user_password.fresh"), "").unwrap();
    let plan = sandbox.xtask(&["plan"]).code(0).stdout;
    assert!(plan.contains("sql/password/010_user_password.sql"), "{plan}");
    let deployed = sandbox.xtask(&["deploy", "--format", "json"]).code(0).json();
    assert_eq!(changes(&deployed), ["sql:password/010_user_password.sql"]);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_wrong_password_of_the_user_is_told_with_the_way_out() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let file = sandbox.path("target/spcs/local/user_password");
    std::fs::write(&file, "not-the-password\n").unwrap();
    sandbox
        .xtask(&["verify"])
        .code(5)
        .without_data()
        .says("the password of MILVUS_USER is not taken")
        .says("hint: `cargo xtask sql password` gives the user the password that is kept here");
    sandbox.xtask(&["sql", "password"]).code(0);
    // The simulated service serves no notebook, but the login is over.
    let run = sandbox.xtask(&["verify"]);
    assert!(!run.stderr.contains("is not taken"), "{}", run.stderr);
}

#[test]
fn a_log_is_one_document_where_json_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.xtask(&["deploy"]).code(0);
    let log = sandbox.xtask(&["logs", "milvus", "-n", "1", "--format", "json"]).code(0).json();
    assert_eq!(log["service"], "MILVUS_DEMO.PUBLIC.MILVUS");
    assert_eq!((&log["container"], &log["instance"]), (&json!("milvus"), &json!("0")));
    assert!(log["lines"].as_array().unwrap().len() <= 1, "{log}");
}
