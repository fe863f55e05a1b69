//! Services on a real engine, from their first start until nothing of them is left.

use std::time::{Duration, Instant};

use crate::world::{World, ids};

const ECHO: &str = "DB.PUBLIC.ECHO";

pub(crate) const SPEC: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/sample:1
    command: [/sample, --exact]
    args: ["sample::container_main", --nocapture]
    env: { SAMPLE_PORT: 8000, SAMPLE_NAME: "two words", VERSION: "1" }
    readinessProbe: { port: 8000, path: /ok, periodSeconds: 1 }
    resources: { limits: { memory: 256Mi, cpu: 1 } }
    volumeMounts:
    - { name: block, mountPath: /data }
    - { name: local, mountPath: /local }
    - { name: memory, mountPath: /memory }
    - { name: stage, mountPath: /stage }
  - name: side
    image: /db/public/repo/sample:1
    command: [/sample, --exact, "sample::container_main", --nocapture]
    env: { SAMPLE_PORT: 8001, SAMPLE_NAME: side }
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
    image: /db/public/repo/sample:1
    command: [/sample, --exact, "sample::container_main", --nocapture]
    env: { SAMPLE_PORT: 8000 }
    readinessProbe: { port: 8000, path: /ok }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_lives_through_restarts_upgrades_and_suspension() {
    let Some(engine) = crate::wanted() else { return };
    let mut world = World::new(engine).await;
    let first = world.deployment("ECHO", SPEC, "one");
    fs_err::write(world.directory.path().join("stages/DB/PUBLIC/S/hello.txt"), "from the stage")
        .unwrap();
    world.controller.apply(first.clone());
    let seen = world.until_running(ECHO).await;
    assert!(seen.instances[0].containers.iter().all(|c| c.message == "Running"), "{seen:#?}");
    assert!(world.controller.endpoint_address(ECHO, 9999).is_none(), "not an endpoint");

    // Environment, token, volumes, and the other container of the instance.
    assert_eq!(world.ask(ECHO, "env/SAMPLE_NAME").await, "two words");
    assert_eq!(world.ask(ECHO, "env/SNOWFLAKE_HOST").await, "h");
    assert_eq!(world.ask(ECHO, "read/snowflake/session/token").await, "the-session-token");
    assert_eq!(world.ask(ECHO, "read/stage/hello.txt").await, "from the stage");
    for volume in ["data", "local", "memory", "stage"] {
        world.ask(ECHO, &format!("write/{volume}/file")).await;
    }
    assert_eq!(world.ask(ECHO, "fetch/127.0.0.1:8001/read/shared/file").await, "written");
    assert!(world.directory.path().join("stages/DB/PUBLIC/S/file").exists());

    // Secrets are in no place that other programs look at.
    let running = ids(&world, ECHO);
    assert_eq!(running.len(), 2);
    let inspected = world.engine(&["inspect", &running[0], &running[1]]).join("\n");
    assert!(inspected.contains("SAMPLE_NAME") && !inspected.contains("the-session-token"));

    // Names resolve within the schema.
    world.controller.apply(world.deployment("A_CLIENT", CLIENT, "one"));
    world.until_running("DB.PUBLIC.A_CLIENT").await;
    for name in spcs_local_services::service::dns_aliases(ECHO) {
        let path = format!("fetch/{name}/env/SAMPLE_NAME");
        assert_eq!(world.ask("DB.PUBLIC.A_CLIENT", &path).await, "two words", "{name}");
    }
    assert_eq!(world.ask(ECHO, "fetch/a-client/ok").await, "ok");
    world.controller.remove("DB.PUBLIC.A_CLIENT", false).done().await.unwrap();

    // Another process of the platform finds it as it is.
    world.restart_controller().await;
    world.controller.apply(first.clone());
    world.until_running(ECHO).await;
    assert_eq!(ids(&world, ECHO), running);
    let mut renewed = first.clone();
    renewed.session_token = "a-new-token".to_owned();
    world.controller.apply(renewed.clone());
    world.until(ECHO, "kept", |seen| seen.status == "RUNNING").await;
    let renewed_inside = async {
        while world.ask(ECHO, "read/snowflake/session/token").await != "a-new-token" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), renewed_inside).await.expect("the new token");
    assert_eq!(ids(&world, ECHO), running);

    // Without an access integration there is no way out; with one there is, at once.
    assert_eq!(world.has_egress(&running), !world.is_rootful());
    renewed.egress = true;
    world.controller.apply(renewed.clone());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !world.has_egress(&running) {
        assert!(Instant::now() < deadline, "it is connected");
    }
    assert_eq!(ids(&world, ECHO), running);
    assert_eq!(world.ask(ECHO, "env/VERSION").await, "1");

    // A crash of the second container restarts it alone.
    let _ = tokio::task::spawn_blocking({
        let address = world.controller.endpoint_address(ECHO, 8000).unwrap().to_string();
        move || crate::world::get(&address, "fetch/127.0.0.1:8001/exit/3")
    })
    .await;
    let side = |seen: &spcs_local_services::service::ServiceObservation| {
        let side = &seen.instances[0].containers[1];
        (side.restart_count, side.last_exit_code)
    };
    let restarted = |seen: &_| side(seen) == (1, Some(3));
    world.until(ECHO, "restarted", |seen| seen.status == "RUNNING" && restarted(seen)).await;
    assert!(ids(&world, ECHO).contains(&running[0]) || ids(&world, ECHO).contains(&running[1]));
    let previous = world.controller.logs(ECHO, 0, "side", 100, true, false).await.unwrap();
    assert!(previous.contains("listening on 8001 as side"), "{previous}");
    let logs = world.controller.logs(ECHO, 0, "main", 100, false, true).await.unwrap();
    for text in ["listening on 8000", "arguments: "] {
        let line = logs.lines().find(|line| line.contains(text));
        assert!(line.is_some_and(|line| line.starts_with("20")), "both streams, timed: {logs}");
    }
    assert_eq!(world.ask(ECHO, "fetch/127.0.0.1:8001/read/shared/file").await, "written");

    // A new specification replaces the containers and keeps the block volume.
    let mut second =
        world.deployment("ECHO", &SPEC.replace("VERSION: \"1\"", "VERSION: \"2\""), "two");
    second.egress = true;
    world.controller.apply(second.clone());
    assert!(world.controller.observe(ECHO).unwrap().is_upgrading);
    world.until_running(ECHO).await;
    assert!(world.has_egress(&ids(&world, ECHO)));
    assert_eq!(world.ask(ECHO, "env/VERSION").await, "2");
    assert_eq!(world.ask(ECHO, "read/data/file").await, "written");
    let terminated = world.controller.logs(ECHO, 0, "main", 100, true, false).await.unwrap();
    assert!(terminated.contains("terminated"), "SIGTERM came first: {terminated}");

    // So does a suspension, which leaves no container.
    second.instances = 0;
    world.controller.apply(second.clone());
    world.until(ECHO, "suspended", |seen| seen.status == "SUSPENDED").await;
    assert!(ids(&world, ECHO).is_empty());
    second.instances = 2;
    world.controller.apply(second);
    world.until_running(ECHO).await;
    assert_eq!(ids(&world, ECHO).len(), 4);

    world.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_run_says_why() {
    let Some(engine) = crate::wanted() else { return };
    let world = World::new(engine).await;
    let spec = |command: &str, extra: &str| {
        format!(
            "spec:\n  containers:\n  - name: main\n    image: /db/public/repo/sample:1\n    \
             command: {command}\n    {extra}\n  endpoints: [{{name: web, port: 8000, public: true}}]\n"
        )
    };
    let serve = "[/sample, --exact, sample::container_main, --nocapture]";
    let eater = spec(
        serve,
        "env: {SAMPLE_PORT: 8000}\n    resources: {limits: {memory: 64Mi}, requests: {memory: 64Mi}}",
    );
    let unready =
        spec(serve, "env: {SAMPLE_PORT: 8000}\n    readinessProbe: {port: 8000, path: /never}");
    world.controller.apply(world.deployment(
        "MISSING",
        &spec("[/no-such-program]", "env: {}"),
        "a",
    ));
    world.controller.apply(world.deployment("ENDS", &spec("[/sample, --list]", "env: {}"), "a"));
    world.controller.apply(world.deployment("EATER", &eater, "a"));
    world.controller.apply(world.deployment("UNREADY", &unready, "a"));
    let mut absent = world.deployment("ABSENT", &unready, "a");
    absent.images.values_mut().for_each(|i| i.digest = format!("sha256:{}", "0".repeat(64)));
    world.controller.apply(absent);

    let until = async |name: &str, status: &str, message: &str| {
        let key = format!("DB.PUBLIC.{name}");
        world
            .until(&key, message, |seen| {
                let container = &seen.instances[0].containers[0];
                container.status == status && container.message.contains(message)
            })
            .await
    };
    until("MISSING", "FAILED", "Encountered fatal error while running").await;
    let logs = world.controller.logs("DB.PUBLIC.MISSING", 0, "main", 10, false, false).await;
    assert!(logs.as_ref().unwrap().contains("no-such-program"), "{logs:?}");
    until("ENDS", "DONE", "Completed successfully").await;
    until("ABSENT", "PENDING", "Failed to pull image").await;
    until("UNREADY", "PENDING", "Readiness probe is failing at path: /never, port: 8000").await;

    world.until_running("DB.PUBLIC.EATER").await;
    if world.enforces_memory() {
        let address = world.controller.endpoint_address("DB.PUBLIC.EATER", 8000).unwrap();
        tokio::task::spawn_blocking(move || crate::world::get(&address.to_string(), "eat"));
        until("EATER", "FAILED", "Container was OOMKilled due to resource usage").await;
    } else {
        eprintln!("this engine does not enforce memory limits here: no OOM is tried");
    }
    for name in ["MISSING", "ENDS", "EATER", "UNREADY", "ABSENT"] {
        world.controller.remove(&format!("DB.PUBLIC.{name}"), false).done().await.unwrap();
    }
    assert_eq!(world.leftovers(), Vec::<String>::new());
}
