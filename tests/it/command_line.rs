//! What a command leaves alone, and how it ends when nobody reads its output.

use std::process::Stdio;

use crate::sandbox::Sandbox;

#[test]
fn a_plan_is_made_without_a_platform_and_starts_none() {
    let sandbox = Sandbox::new();
    let plan = sandbox.xtask(&["plan", "--format", "json"]).code(0).json();
    assert_eq!(plan["target"], "local");
    assert!(!sandbox.path("target/spcs/local/platform.json").exists());
}

#[test]
fn readers_that_go_away_neither_end_a_deploy_nor_make_it_panic() {
    let sandbox = Sandbox::new();
    let mut deploy = sandbox.command(&["deploy", "-vvv"]);
    let mut child = deploy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_reader_that_goes_away_does_not_turn_a_failure_into_success() {
    let sandbox = Sandbox::new();
    sandbox.without_engine("podman");
    let mut doctor = sandbox.command(&["doctor"]);
    doctor.env("PATH", sandbox.path("bin")).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = doctor.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
