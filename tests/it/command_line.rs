//! `plan` starts no platform, and a closed stdout or stderr does not change the exit code.

use std::process::Stdio;

use crate::sandbox::Sandbox;

#[test]
fn plan_needs_no_platform_and_starts_none() {
    let sandbox = Sandbox::new();
    let plan = sandbox.xtask(&["plan", "--format", "json"]).code(0).json();
    assert_eq!(plan["target"], "local");
    assert!(!sandbox.path("target/spcs/local/platform.json").exists());
}

#[test]
fn a_deploy_succeeds_when_stdout_and_stderr_are_closed() {
    let sandbox = Sandbox::new();
    let mut deploy = sandbox.command(&["deploy", "-vvv"]);
    let mut child = deploy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
}

#[test]
fn a_failure_exits_4_even_if_stdout_is_closed() {
    let sandbox = Sandbox::new();
    sandbox.without_engine("podman");
    let mut doctor = sandbox.command(&["doctor"]);
    doctor.env("PATH", sandbox.path("bin")).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = doctor.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
