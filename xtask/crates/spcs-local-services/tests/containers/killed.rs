//! A platform that is killed at once, with its whole process group, and the next one.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::services::SPEC;
use crate::world::{self, World, ids};

const ECHO: &str = "DB.PUBLIC.ECHO";

/// The process that gets killed: a controller of its own over the caller's registry.
#[tokio::test(flavor = "multi_thread")]
async fn platform_main() {
    let Ok(directory) = std::env::var("SPCS_TEST_PLATFORM_DIR") else { return };
    // The caller holds the other end: without it this controller would go on making containers.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(1)
    });
    let engine = crate::wanted().unwrap();
    let (directory, digest) = (PathBuf::from(directory), std::env::var("SPCS_TEST_IMAGE").unwrap());
    let port = std::env::var("SPCS_TEST_REGISTRY_PORT").unwrap().parse().unwrap();
    let controller = world::controller(&engine, &directory, port);
    controller.apply(world::deployment(&directory, &digest, "ECHO", SPEC, "one"));
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let seen = controller.observe(ECHO).unwrap();
        if seen.status == "RUNNING" {
            break;
        }
        assert!(Instant::now() < deadline, "the service does not run: {seen:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("\nthe service runs");
    std::future::pending().await
}

/// That process with all it has started; killed at the latest when the test ends.
struct Platform(Child);

impl Platform {
    fn start(world: &World) -> Platform {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::platform_main", "--nocapture"])
            .env("SPCS_TEST_PLATFORM_DIR", world.directory.path())
            .env("SPCS_TEST_IMAGE", world.image_digest())
            .env("SPCS_TEST_REGISTRY_PORT", world.port.to_string())
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
        // An early end leaves no group, and is the test's to report.
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_outlive_a_killed_platform_and_are_found_again() {
    let Some(engine) = crate::wanted() else { return };
    let world = World::new(engine).await;
    let mut platform = Platform::start(&world);
    let mut lines = BufReader::new(platform.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "the service runs"), "it ended too early");
    let running = ids(&world, ECHO);
    assert_eq!(running.len(), 2);
    drop(platform);

    assert_eq!(ids(&world, ECHO), running, "they run on without a platform");
    world.controller.apply(world.deployment("ECHO", SPEC, "one"));
    let seen = world.until_running(ECHO).await;
    assert!(seen.instances[0].containers.iter().all(|container| container.restart_count == 0));
    assert_eq!(ids(&world, ECHO), running, "and are the same ones");
    assert_eq!(world.ask(ECHO, "fetch/127.0.0.1:8001/ok").await, "ok");
    world.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_killed_half_way_is_finished_by_the_next_platform() {
    let Some(engine) = crate::wanted() else { return };
    let world = World::new(engine).await;
    let platform = Platform::start(&world);
    let label = format!("label=spcs.platform={}", world.platform_id());
    let deadline = Instant::now() + Duration::from_secs(60);
    while world.engine(&["ps", "--all", "--quiet", "--filter", &label]).is_empty() {
        assert!(Instant::now() < deadline, "no container was ever made");
    }
    drop(platform);
    world.controller.apply(world.deployment("ECHO", SPEC, "one"));
    world.until_running(ECHO).await;
    assert_eq!(ids(&world, ECHO).len(), 2);
    assert_eq!(world.ask(ECHO, "fetch/127.0.0.1:8001/ok").await, "ok");
    world.controller.remove(ECHO, false).done().await.unwrap();
    assert_eq!(world.leftovers(), Vec::<String>::new());
}
