//! Runs `ci` with a fake cargo that only records its arguments.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// A sandbox in which only docker is missing, and the `ci` command that runs in it. `cargo` is
/// appended to the script of the fake cargo.
fn ci(cargo: &str) -> (Sandbox, Command) {
    let sandbox = Sandbox::new();
    sandbox.program("podman", "#!/bin/sh\necho 5.0.0\n");
    sandbox.program("apt-get", "#!/bin/sh\nexit 1\n");
    sandbox.program("dpkg-query", "#!/bin/sh\necho install ok installed\n");
    sandbox
        .program("cargo", &format!("#!/bin/sh\necho \"$*\" >> \"${{0%/*}}/cargo.calls\"\n{cargo}"));
    let mut command = sandbox.command(&["ci", "--yes", "--format", "json"]);
    command.env("CARGO", sandbox.path("bin/cargo")).env("PATH", sandbox.path("bin"));
    (sandbox, command)
}

#[test]
fn a_check_that_cannot_start_fails_and_the_others_run() {
    let (sandbox, mut command) = ci("");
    let output = command.stdin(Stdio::null()).output().expect("xtask starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("error: cannot start the Docker daemon: "), "{stderr}");
    let failed = "error: checks failed: docker runtime, docker end to end";
    assert!(stderr.contains(failed), "{stderr}");
    let data: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let checks = data["checks"].as_array().expect("a list");
    let ok: Vec<&Value> = checks.iter().map(|check| &check["ok"]).collect();
    assert_eq!(json!(ok), json!([true, true, true, true, true, true, true, false, false]));
    let calls = fs_err::read_to_string(sandbox.path("bin/cargo.calls")).expect("calls");
    assert_eq!(calls.lines().count(), 7, "{calls}");
}

#[test]
fn a_terminated_ci_terminates_the_running_check() {
    let (sandbox, mut command) = ci("exec /bin/sleep 600\n");
    let mut ci = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("xtask starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !sandbox.path("bin/cargo.calls").exists() {
        assert!(Instant::now() < deadline, "no check was started");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = ci.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert_eq!(ci.wait().expect("ci ends").code(), Some(130));
}

#[test]
fn a_failed_check_fails_ci_even_if_stdout_is_closed() {
    let (_sandbox, mut command) = ci("exit 1\n");
    let mut ci =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("xtask starts");
    drop(ci.stdout.take());
    assert_ne!(ci.wait().expect("ci ends").code(), Some(0));
}
