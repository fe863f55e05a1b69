//! Several commands at the same time, and several checkouts on one machine.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::sandbox::Sandbox;

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("xtask starts")
}

#[track_caller]
fn succeed(child: Child) -> Value {
    let output = child.wait_with_output().expect("xtask ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

#[test]
fn commands_at_the_same_time_start_one_platform_and_share_it() {
    let sandbox = Sandbox::new();
    let starts = [(); 4].map(|()| start(&sandbox, &["local", "start", "--format", "json"]));
    let pids = starts.map(|start| succeed(start)["pid"].clone());
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
}

#[test]
fn deploys_at_the_same_time_both_succeed_with_one_password() {
    let sandbox = Sandbox::new();
    let deploys = [(); 2].map(|()| start(&sandbox, &["deploy", "--format", "json"]));
    let [first, second] = deploys.map(succeed);
    assert_eq!(first["url"], second["url"]);
    sandbox.xtask(&["deploy"]).code(0).says("nothing changed");
    // Verify fails, as the simulated service serves no notebook, but the login succeeds.
    let run = sandbox.xtask(&["verify"]);
    assert!(!run.stderr.contains("is refused"), "{}", run.stderr);
}

#[test]
fn a_port_in_use_by_another_checkout_is_reported_with_that_checkout() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    let status = first.xtask(&["local", "start", "--format", "json"]).code(0).json();
    let port = status["port"].as_u64().expect("a port");
    second.edit("spcs.toml", "port = \"auto\"", &format!("port = {port}"));
    let state_dir = first.path("target/spcs/local").canonicalize().expect("the state");
    second
        .xtask(&["deploy"])
        .code(4)
        .without_data()
        .says(&format!("port {port} on 127.0.0.1 is taken by the local platform of `"))
        .says(&format!("`{}`", state_dir.display()))
        .says("set `port = \"auto\"` in [target.local] of spcs.toml");
}

#[test]
fn a_restarted_platform_keeps_its_automatic_port() {
    let sandbox = Sandbox::new();
    let port = started_port(&sandbox);
    sandbox.xtask(&["local", "stop"]).code(0);
    assert_eq!(started_port(&sandbox), port);
}

#[test]
fn a_restarted_platform_picks_another_port_if_its_automatic_port_is_taken() {
    let sandbox = Sandbox::new();
    let port = started_port(&sandbox);
    sandbox.xtask(&["local", "stop"]).code(0);
    let _listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    assert_ne!(started_port(&sandbox), port);
}

/// Starts the platform and returns its port.
fn started_port(sandbox: &Sandbox) -> u16 {
    let started = sandbox.xtask(&["local", "start", "--format", "json"]).code(0).json();
    u16::try_from(started["port"].as_u64().expect("a port")).expect("a port")
}

#[test]
fn the_platform_of_another_checkout_is_not_mistaken_for_the_own_one() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    first.xtask(&["local", "start"]).code(0);
    // The process id and the port now belong to another process, as after a power cut.
    let file = "target/spcs/local/platform.json";
    let mut status: Value = serde_json::from_str(&first.read(file)).expect("JSON");
    let state_dir = second.path("target/spcs/local");
    status["state_dir"] = state_dir.display().to_string().into();
    fs_err::create_dir_all(&state_dir).expect("a directory");
    fs_err::write(second.path(file), status.to_string()).expect("a file");
    second.xtask(&["status"]).code(5).without_data().says("does not run");
    second.xtask(&["local", "stop"]).code(0);
    first.xtask(&["local", "status"]).code(0);
}
