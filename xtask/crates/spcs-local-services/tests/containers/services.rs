//! Tests of services on a real engine, from the first start to the removal.

use std::time::{Duration, Instant};

use spcs_local_services::service::{EgressTarget, TokenSource};

use crate::harness::{ECHO, Harness, ids, key, stage_directory};

pub(crate) const SPEC: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact]
    args: ["test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8000, TEST_SERVER_NAME: "two words", VERSION: "1" }
    readinessProbe: { port: 8000, path: /ok, periodSeconds: 1 }
    resources: { limits: { memory: 256Mi, cpu: 1 } }
    volumeMounts:
    - { name: block, mountPath: /data }
    - { name: local, mountPath: /local }
    - { name: memory, mountPath: /memory }
    - { name: stage, mountPath: /stage }
  - name: side
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8001, TEST_SERVER_NAME: side }
    volumeMounts: [{ name: local, mountPath: /shared }]
  endpoints:
  - { name: web, port: 8000, public: true }
  volumes:
  - { name: block, source: block, size: 1Gi }
  - { name: local, source: local }
  - { name: memory, source: memory, size: 16Mi }
  - { name: stage, source: "@files" }
"#;

const CLIENT: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8000 }
    readinessProbe: { port: 8000, path: /ok }
  endpoints: [{ name: web, port: 8000 }]
"#;

fn egress() -> Vec<EgressTarget> {
    vec![EgressTarget { host: "pypi.org".to_owned(), port: 443 }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_survives_restarts_upgrades_and_suspension() {
    let Some(engine) = crate::requested_engine() else { return };
    let mut harness = Harness::new(engine).await;
    let first = harness.deployment("ECHO", SPEC, "one");
    fs_err::write(stage_directory(harness.directory.path()).join("hello.txt"), "from the stage")
        .unwrap();
    harness.controller.apply(first.clone());
    let seen = harness.until_running(ECHO).await;
    assert!(seen.instances[0].containers.iter().all(|c| c.message == "Running"), "{seen:#?}");
    assert!(harness.controller.endpoint_address(ECHO, 9999).is_none(), "not an endpoint");

    // Environment, token, volumes, and the other container of the instance.
    assert_eq!(harness.get(ECHO, "env/TEST_SERVER_NAME").await, "two words");
    assert_eq!(harness.get(ECHO, "read/snowflake/session/token").await, "the-session-token");
    assert_eq!(harness.get(ECHO, "read/snowflake/session/ingress_key").await, "the-ingress-key");
    assert_eq!(harness.get(ECHO, "read/stage/hello.txt").await, "from the stage");
    for volume in ["data", "local", "memory", "stage"] {
        harness.get(ECHO, &format!("write/{volume}/file")).await;
    }
    assert_eq!(harness.get(ECHO, "fetch/127.0.0.1:8001/read/shared/file").await, "written");
    assert!(stage_directory(harness.directory.path()).join("file").exists());

    // The engine shows no secrets.
    let running = ids(&harness, ECHO);
    assert_eq!(running.len(), 2);
    let inspected = harness.engine(&["inspect", &running[0], &running[1]]).join("\n");
    assert!(inspected.contains("TEST_SERVER_NAME"));
    assert!(!inspected.contains("the-session-token") && !inspected.contains("the-ingress-key"));

    // Names resolve within the schema.
    harness.controller.apply(harness.deployment("A_CLIENT", CLIENT, "one"));
    harness.until_running(&key("A_CLIENT")).await;
    for name in spcs_local_services::service::dns_aliases("DB.PUBLIC.ECHO") {
        let path = format!("fetch/{name}/env/TEST_SERVER_NAME");
        assert_eq!(harness.get(&key("A_CLIENT"), &path).await, "two words", "{name}");
    }
    assert_eq!(harness.get(ECHO, "fetch/a-client/ok").await, "ok");
    harness.controller.remove(&key("A_CLIENT"), false).done().await.unwrap();

    // A new process of the platform adopts the running service.
    harness.restart_controller().await;
    harness.controller.apply(first.clone());
    harness.until_running(ECHO).await;
    assert_eq!(ids(&harness, ECHO), running);
    let mut renewed = first.clone();
    renewed.session_tokens = TokenSource::new(|| "a-new-token".to_owned());
    harness.controller.apply(renewed.clone());
    harness.until(ECHO, "kept", |seen| seen.status == "RUNNING").await;
    let renewed_inside = async {
        while harness.get(ECHO, "read/snowflake/session/token").await != "a-new-token" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), renewed_inside).await.expect("the new token");
    assert_eq!(ids(&harness, ECHO), running);

    // An external access integration enables egress without a restart.
    assert_eq!(harness.has_egress(&running), !harness.denies_egress());
    renewed.egress = egress();
    harness.controller.apply(renewed.clone());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !harness.has_egress(&running) {
        assert!(Instant::now() < deadline, "no egress");
    }
    assert_eq!(ids(&harness, ECHO), running);
    assert_eq!(harness.get(ECHO, "env/VERSION").await, "1");

    // After a crash of the second container, only that container is restarted.
    let address = harness.controller.endpoint_address(ECHO, 8000).unwrap();
    let _ = crate::harness::get_from(&address, "fetch/127.0.0.1:8001/exit/3").await;
    let side = |seen: &spcs_local_services::service::ServiceObservation| {
        let side = &seen.instances[0].containers[1];
        (side.restart_count, side.last_exit_code)
    };
    let restarted = |seen: &_| side(seen) == (1, Some(3));
    harness.until(ECHO, "restarted", |seen| seen.status == "RUNNING" && restarted(seen)).await;
    assert!(ids(&harness, ECHO).contains(&running[0]) || ids(&harness, ECHO).contains(&running[1]));
    let previous = harness.controller.logs(ECHO, 0, "side", 100, true, false).await.unwrap();
    assert!(previous.contains("listening on 8001 as side"), "{previous}");
    let logs = harness.controller.logs(ECHO, 0, "main", 100, false, true).await.unwrap();
    for text in ["listening on 8000", "arguments: "] {
        let line = logs.lines().find(|line| line.contains(text));
        assert!(
            line.is_some_and(|line| line.starts_with("20")),
            "both streams, with timestamps: {logs}"
        );
    }
    assert_eq!(harness.get(ECHO, "fetch/127.0.0.1:8001/read/shared/file").await, "written");

    // A new specification replaces the containers and keeps the block volume.
    let mut second =
        harness.deployment("ECHO", &SPEC.replace("VERSION: \"1\"", "VERSION: \"2\""), "two");
    second.egress = egress();
    harness.controller.apply(second.clone());
    assert!(harness.controller.observe(ECHO).unwrap().is_upgrading);
    harness.until_running(ECHO).await;
    assert!(harness.has_egress(&ids(&harness, ECHO)));
    assert_eq!(harness.get(ECHO, "env/VERSION").await, "2");
    assert_eq!(harness.get(ECHO, "read/data/file").await, "written");
    let terminated = harness.controller.logs(ECHO, 0, "main", 100, true, false).await.unwrap();
    assert!(terminated.contains("terminated"), "no SIGTERM: {terminated}");

    // A suspension removes the containers and also keeps the block volume.
    second.instances = 0;
    harness.controller.apply(second.clone());
    harness.until(ECHO, "suspended", |seen| seen.status == "SUSPENDED").await;
    assert!(ids(&harness, ECHO).is_empty());
    second.instances = 2;
    harness.controller.apply(second);
    harness.until_running(ECHO).await;
    assert_eq!(ids(&harness, ECHO).len(), 4);

    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_run_reports_the_reason() {
    let Some(engine) = crate::requested_engine() else { return };
    let harness = Harness::new(engine).await;
    let spec = |command: &str, extra: &str| {
        format!(
            "spec:\n  containers:\n  - name: main\n    image: /db/public/repo/test-server:1\n    \
             command: {command}\n    {extra}\n  endpoints: [{{name: web, port: 8000, public: true}}]\n"
        )
    };
    let serve = "[/test-server, --exact, test_server::container_main, --nocapture]";
    let eater = spec(
        serve,
        "env: {TEST_SERVER_PORT: 8000}\n    \
         resources: {limits: {memory: 64Mi}, requests: {memory: 64Mi}}",
    );
    let unready = spec(
        serve,
        "env: {TEST_SERVER_PORT: 8000}\n    readinessProbe: {port: 8000, path: /never}",
    );
    harness.controller.apply(harness.deployment(
        "MISSING",
        &spec("[/no-such-program]", "env: {}"),
        "a",
    ));
    harness.controller.apply(harness.deployment(
        "ENDS",
        &spec("[/test-server, --list]", "env: {}"),
        "a",
    ));
    harness.controller.apply(harness.deployment("EATER", &eater, "a"));
    harness.controller.apply(harness.deployment("UNREADY", &unready, "a"));
    let mut absent = harness.deployment("ABSENT", &unready, "a");
    absent.images.values_mut().for_each(|i| i.digest = format!("sha256:{}", "0".repeat(64)));
    harness.controller.apply(absent);

    let until = async |name: &str, status: &str, message: &str| {
        let key = key(name);
        harness
            .until(&key, message, |seen| {
                let container = &seen.instances[0].containers[0];
                container.status == status && container.message.contains(message)
            })
            .await
    };
    until("MISSING", "FAILED", "Encountered fatal error while running").await;
    let logs = harness.controller.logs(&key("MISSING"), 0, "main", 10, false, false).await;
    assert!(logs.as_ref().unwrap().contains("no-such-program"), "{logs:?}");
    until("ENDS", "DONE", "Completed successfully").await;
    until("ABSENT", "PENDING", "Failed to pull image").await;
    until("UNREADY", "PENDING", "Readiness probe is failing at path: /never, port: 8000").await;

    harness.until_running(&key("EATER")).await;
    if harness.enforces_memory() {
        let address = harness.controller.endpoint_address(&key("EATER"), 8000).unwrap();
        tokio::spawn(async move { crate::harness::get_from(&address, "eat").await });
        until("EATER", "FAILED", "Container was OOMKilled due to resource usage").await;
    } else {
        eprintln!("skipped the OOM check: this engine does not enforce memory limits");
    }
    for name in ["MISSING", "ENDS", "EATER", "UNREADY", "ABSENT"] {
        harness.controller.remove(&key(name), false).done().await.unwrap();
    }
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}
