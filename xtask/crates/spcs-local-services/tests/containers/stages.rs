//! Stage volumes: what a container stores there gives nobody privileges, and what it puts in place
//! of a directory is not mounted.

use spcs_local_files::FilePath;
use spcs_local_services::EngineKind;
use spcs_local_services::service::{Deployment, StageVolume};

use crate::harness::{Harness, key, stage_directory, stage_id};

const SPEC: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8000 }
    readinessProbe: { port: 8000, path: /ok, periodSeconds: 1 }
    volumeMounts:
    - { name: stage, mountPath: /stage }
    - { name: part, mountPath: /part }
  endpoints:
  - { name: web, port: 8000, public: true }
  volumes:
  - { name: stage, source: "@files" }
  - { name: part, source: "@files/in" }
"#;

/// A service with a writable stage, and a directory of it that it may only read.
fn service(harness: &Harness) -> Deployment {
    let mut service = harness.deployment("STAGES", SPEC, "a");
    let path = FilePath::parse("in").unwrap();
    let part = StageVolume { stage: stage_id(), path, writable: false };
    service.stages.insert("@files/in".to_owned(), part);
    service
}

/// The host's mounts of a platform.
fn host_mounts(harness: &Harness) -> Vec<String> {
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap();
    let of_platform = format!("/run/spcs-local/{}/", harness.platform_id());
    mounts.lines().filter(|line| line.contains(&of_platform)).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_volume_gives_no_privileges_and_its_mounts_end_with_the_service() {
    let Some(engine) = crate::requested_engine() else { return };
    let mut harness = Harness::new(engine).await;
    let (key, service) = (key("STAGES"), service(&harness));
    harness.controller.apply(service.clone());
    harness.until_running(&key).await;

    if !harness.is_rootful() && harness.engine.kind == EngineKind::Docker {
        eprintln!("skipped: a docker that does not run as root mounts stages without `nosuid`");
        return;
    }
    let inside = harness.get(&key, "read/proc/self/mountinfo").await;
    for (path, access) in [("/stage", "rw"), ("/part", "ro")] {
        let options = options(&inside, path);
        for wanted in [access, "nosuid", "nodev"] {
            assert!(options.contains(&wanted), "{path}: {options:?}");
        }
    }
    let ran_as = harness.get(&key, "setuid/stage").await;
    assert!(ran_as.contains("effective user: 1000"), "{ran_as}");
    harness.get(&key, "write/stage/in/file").await;
    assert_eq!(harness.get(&key, "read/part/file").await, "written");

    // Another process of the platform finds the mounts, and the last one removes them.
    let before = host_mounts(&harness);
    harness.restart_controller().await;
    harness.controller.apply(service);
    harness.until_running(&key).await;
    assert_eq!(host_mounts(&harness), before);
    harness.controller.remove(&key, false).done().await.unwrap();
    assert_eq!(host_mounts(&harness), Vec::<String>::new());
    assert_eq!(harness.leftovers(), Vec::<String>::new());
    fs_err::remove_dir_all(stage_directory(harness.directory.path())).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_removes_the_mounts_of_a_platform_that_was_killed() {
    let Some(engine) = crate::requested_engine() else { return };
    let harness = Harness::new(engine).await;
    harness.controller.apply(service(&harness));
    harness.until_running(&key("STAGES")).await;
    harness.controller.stop().await;
    // As `cargo clean` does while the services run.
    fs_err::remove_dir_all(harness.directory.path().join("stages")).unwrap();
    spcs_local_services::runtime::remove_all(&harness.engine, harness.directory.path()).unwrap();
    assert_eq!(host_mounts(&harness), Vec::<String>::new());
    assert_eq!(harness.leftovers(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_place_of_a_mounted_directory_is_not_mounted() {
    let Some(engine) = crate::requested_engine() else { return };
    let harness = Harness::new(engine).await;
    let (key, service) = (key("STAGES"), service(&harness));
    let stage = stage_directory(harness.directory.path());
    std::os::unix::fs::symlink("/etc", stage.join("in")).unwrap();
    harness.controller.apply(service);
    harness.until(&key, "refused", |seen| seen.instances[0].containers[0].status == "FAILED").await;
    let logs = harness.controller.logs(&key, 0, "main", 10, false, false).await.unwrap();
    assert!(logs.contains("leads through a symbolic link"), "{logs}");
    harness.controller.remove(&key, false).done().await.unwrap();
}

/// The options of the mount at a path, from the text of `/proc/self/mountinfo`.
fn options<'a>(mounts: &'a str, path: &str) -> Vec<&'a str> {
    let mut lines = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let found = lines.find(|fields| fields[4] == path);
    found.unwrap_or_else(|| panic!("{path} is not a mount:\n{mounts}"))[5].split(',').collect()
}
