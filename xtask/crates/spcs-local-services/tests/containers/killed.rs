//! Tests that kill a platform with its whole process group and start the next one.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{self, ECHO, Harness, ids};
use crate::services::SPEC;

/// The process that the tests kill: a controller that uses the caller's registry.
#[tokio::test(flavor = "multi_thread")]
async fn platform_main() {
    let Ok(directory) = std::env::var("SPCS_TEST_PLATFORM_DIR") else { return };
    // Exit when the caller ends and closes the pipe, so that no further containers are created.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(1)
    });
    let engine = crate::requested_engine().unwrap();
    let (directory, digest) = (PathBuf::from(directory), std::env::var("SPCS_TEST_IMAGE").unwrap());
    let port = std::env::var("SPCS_TEST_REGISTRY_PORT").unwrap().parse().unwrap();
    let controller = harness::controller(&engine, &directory, port);
    controller.apply(harness::deployment(&directory, &digest, "ECHO", SPEC, "one"));
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let seen = controller.observe(ECHO).unwrap();
        if seen.status == "RUNNING" {
            break;
        }
        assert!(Instant::now() < deadline, "the service is not running: {seen:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("\nthe service is running");
    std::future::pending().await
}

/// The `platform_main` process and its children. Killed on drop.
struct Platform(Child);

impl Platform {
    fn start(harness: &Harness) -> Platform {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::platform_main", "--nocapture"])
            .env("SPCS_TEST_PLATFORM_DIR", harness.directory.path())
            .env("SPCS_TEST_IMAGE", harness.image_digest())
            .env("SPCS_TEST_REGISTRY_PORT", harness.port.to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Platform(child.unwrap())
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        // If the process has already ended, the group does not exist, and the test reports it.
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_outlive_a_killed_platform_and_are_adopted_by_the_next() {
    let Some(engine) = crate::requested_engine() else { return };
    let harness = Harness::new(engine).await;
    let mut platform = Platform::start(&harness);
    let mut lines = BufReader::new(platform.0.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap() == "the service is running"),
        "the platform ended too early"
    );
    let running = ids(&harness, ECHO);
    assert_eq!(running.len(), 2);
    drop(platform);

    assert_eq!(ids(&harness, ECHO), running, "containers keep running without a platform");
    harness.controller.apply(harness.deployment("ECHO", SPEC, "one"));
    let seen = harness.until_running(ECHO).await;
    assert!(seen.instances[0].containers.iter().all(|container| container.restart_count == 0));
    assert_eq!(ids(&harness, ECHO), running, "containers are adopted");
    assert_eq!(harness.get(ECHO, "fetch/127.0.0.1:8001/ok").await, "ok");
    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_start_is_completed_by_the_next_platform() {
    let Some(engine) = crate::requested_engine() else { return };
    let harness = Harness::new(engine).await;
    let platform = Platform::start(&harness);
    let label = format!("label=spcs.platform={}", harness.platform_id());
    let deadline = Instant::now() + Duration::from_secs(60);
    while harness.engine(&["ps", "--all", "--quiet", "--filter", &label]).is_empty() {
        assert!(Instant::now() < deadline, "no container was created");
    }
    drop(platform);
    harness.controller.apply(harness.deployment("ECHO", SPEC, "one"));
    harness.until_running(ECHO).await;
    assert_eq!(ids(&harness, ECHO).len(), 2);
    assert_eq!(harness.get(ECHO, "fetch/127.0.0.1:8001/ok").await, "ok");
    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_dropped_and_not_removed_is_found_by_the_next_platform() {
    let Some(engine) = crate::requested_engine() else { return };
    let mut harness = Harness::new(engine).await;
    harness.controller.apply(harness.deployment("ECHO", SPEC, "one"));
    harness.until_running(ECHO).await;
    harness.restart_controller().await;
    let known = HashSet::from([ECHO.to_owned()]);
    assert_eq!(harness.controller.others(&known).unwrap(), Vec::<String>::new());
    assert_eq!(harness.controller.others(&HashSet::new()).unwrap(), [ECHO]);
    harness.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(harness.controller.others(&HashSet::new()).unwrap(), Vec::<String>::new());
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}
