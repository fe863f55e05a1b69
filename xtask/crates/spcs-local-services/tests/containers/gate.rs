//! The gate's process in the tests, and a test with a rootless engine.

use std::net::TcpListener;
use std::path::PathBuf;

use spcs_local_services::gate::{GateCommand, serve_until_stdin_ends};
use spcs_local_services::service::EgressTarget;

use crate::harness::{ECHO, Harness, get};

/// Runs the gate if its command started this process; otherwise does nothing.
#[tokio::test]
async fn gate_main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, _, name, _, socket] = arguments.as_slice()
        && name == NAME
    {
        serve_until_stdin_ends(&PathBuf::from(socket)).await.unwrap();
    }
}

const NAME: &str = "gate::gate_main";

/// The command of the gate. The test harness takes the socket's path for another test's name.
pub(crate) fn command() -> GateCommand {
    let arguments = ["--exact", NAME, "--nocapture"].map(Into::into).to_vec();
    GateCommand { program: std::env::current_exe().unwrap(), arguments }
}

const SPEC: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8000, TEST_SERVER_NAME: behind the gate }
    readinessProbe: { port: 8000, path: /ok }
  endpoints: [{ name: web, port: 8000, public: true }]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_rootless_engine_publishes_no_ports_and_filters_egress() {
    let Some(engine) = crate::requested_engine() else { return };
    if engine.kind != spcs_local_services::EngineKind::Podman
        || rustix::process::geteuid().is_root()
    {
        eprintln!("skipped: the gate is for a rootless podman");
        return;
    }
    let harness = Harness::new(engine).await;
    harness.controller.apply(harness.deployment("ECHO", SPEC, "one"));
    harness.until_running(ECHO).await;
    assert_eq!(harness.get(ECHO, "ok").await, "ok");
    for id in crate::harness::ids(&harness, ECHO) {
        assert_eq!(harness.engine(&["port", &id]), Vec::<String>::new());
    }
    // This machine reaches the container through the gate only.
    let address = harness.controller.endpoint_address(ECHO, 8000).unwrap();
    let name = "env/TEST_SERVER_NAME";
    assert_eq!(harness.get(ECHO, name).await, "behind the gate");
    let direct = tokio::task::spawn_blocking(move || get(&address.to_string(), name));
    assert!(direct.await.unwrap().map_or(true, |answer| answer != "behind the gate"));

    // This machine's own address is outside the namespace. A name opens its port to every address,
    // because the platform's resolver is not in the namespace.
    let listeners = [(); 2].map(|()| TcpListener::bind("0.0.0.0:0").unwrap());
    let [first, second] = listeners.each_ref().map(|open| open.local_addr().unwrap().port());
    let machine = crate::harness::machine_address().to_string();
    let check = async |egress: Vec<EgressTarget>, opens: [bool; 2]| {
        let mut deployment = harness.deployment("ECHO", SPEC, "one");
        deployment.egress = egress;
        harness.controller.apply(deployment);
        harness.until_running(ECHO).await;
        for (port, opens) in [first, second].into_iter().zip(opens) {
            harness.until_connects(ECHO, &format!("{machine}:{port}"), opens).await;
        }
    };
    let target = |host: &str, port| EgressTarget { host: host.to_owned(), port };
    check(Vec::new(), [false, false]).await;
    check(vec![target(&machine, first)], [true, false]).await;
    check(vec![target("outside.example", second)], [false, true]).await;

    // The engine makes a new namespace for the next container.
    let mut suspended = harness.deployment("ECHO", SPEC, "one");
    suspended.instances = 0;
    harness.controller.apply(suspended);
    harness.until(ECHO, "suspended", |seen| seen.status == "SUSPENDED").await;
    harness.controller.apply(harness.deployment("ECHO", SPEC, "one"));
    harness.until_running(ECHO).await;
    assert_eq!(harness.get(ECHO, "ok").await, "ok");
    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}
