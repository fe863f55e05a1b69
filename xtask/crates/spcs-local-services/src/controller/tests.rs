//! The controller over a runtime without containers.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::*;
use crate::runtime::FakeRuntime;
use crate::service::PinnedImage;

const KEY: &str = "DB.PUBLIC.ECHO";

struct World {
    fake: FakeRuntime,
    controller: Controller,
    directory: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        World::slow(Duration::ZERO)
    }

    fn slow(ready_after: Duration) -> World {
        let fake = FakeRuntime::new(ready_after);
        let directory = tempfile::tempdir().unwrap();
        let controller = controller(&fake, directory.path());
        World { fake, controller, directory }
    }

    /// Waits until the observation is as described, and returns it.
    async fn until(
        &self,
        what: &str,
        holds: impl Fn(&ServiceObservation) -> bool,
    ) -> ServiceObservation {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let observation = self.controller.observe(KEY).unwrap();
            if holds(&observation) {
                return observation;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what}: {observation:#?}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn until_running(&self) -> ServiceObservation {
        self.until("running", |seen| seen.status == "RUNNING" && !seen.is_upgrading).await
    }

    async fn until_message(&self, status: &str, message: &str) -> ServiceObservation {
        self.until(message, |seen| {
            let container = &seen.instances[0].containers[0];
            container.status == status && container.message == message
        })
        .await
    }
}

fn controller(fake: &FakeRuntime, directory: &Path) -> Controller {
    let login = PullLogin {
        registry: "127.0.0.1:1".to_owned(),
        username: "u".to_owned(),
        password: "p".to_owned(),
    };
    let short = Duration::from_millis(5);
    let timing = ControllerTiming {
        converge: short,
        watch: short,
        first_backoff: Duration::from_millis(50),
        last_backoff: Duration::from_millis(50),
        ..ControllerTiming::default()
    };
    let dirs = ControllerDirs::new(directory);
    Controller::with_timing(Runtime::Fake(fake.clone()), dirs, login, timing)
}

const SPEC: &str = "
spec:
  containers:
  - name: main
    image: /db/public/repo/echo:1
    readinessProbe: { port: 8000, path: /ok, failureThreshold: 1, periodSeconds: 1 }
    volumeMounts: [{ name: data, mountPath: /data }, { name: tmp, mountPath: /scratch }]
  volumes:
  - { name: data, source: block, size: 1Gi }
  - { name: tmp, source: local }
";

fn deployment(version: &str, instances: u32) -> Deployment {
    let digest = format!("sha256:{}", "0".repeat(64));
    let image = PinnedImage { path: "/db/public/repo/echo:1".to_owned(), digest };
    Deployment {
        key: KEY.to_owned(),
        spec: spcs_local_spec::parse(SPEC).unwrap(),
        spec_digest: version.to_owned(),
        images: BTreeMap::from([("main".to_owned(), image)]),
        instances,
        stages: BTreeMap::new(),
        session_token: "token-of-the-service".to_owned(),
        environment: BTreeMap::new(),
        node_ready_at: SystemTime::UNIX_EPOCH,
        egress: false,
    }
}

fn leftovers(world: &World, part: &str) -> usize {
    world.fake.leftovers().iter().filter(|name| name.contains(part)).count()
}

#[tokio::test]
async fn a_service_is_pending_until_its_containers_run_and_answer() {
    let world = World::slow(Duration::from_millis(30));
    world.controller.apply(deployment("a", 1));
    let first = world.controller.observe(KEY).unwrap();
    assert_eq!((first.status, first.instances[0].status), ("PENDING", "PENDING"));
    let seen = world.until_running().await;
    let container = &seen.instances[0].containers[0];
    assert_eq!((container.status, &*container.message), ("READY", "Running"));
    assert!(
        seen.instances[0].started.is_some()
            && world.controller.endpoint_address(KEY, 8000).is_some()
    );
    world.fake.set_unready("main", true);
    let message = "Readiness probe is failing at path: /ok, port: 8000";
    let seen = world.until_message("PENDING", message).await;
    assert_eq!(seen.status, "PENDING");
    assert_eq!(world.controller.endpoint_address(KEY, 8000), None, "it takes no requests");
}

#[tokio::test]
async fn a_service_waits_for_its_node_and_for_its_image() {
    let world = World::new();
    world.fake.fail_pulls(true);
    let mut waiting = deployment("a", 1);
    waiting.node_ready_at = SystemTime::now() + Duration::from_millis(100);
    world.controller.apply(waiting);
    world.until_message("PENDING", "Compute pool node(s) are being provisioned").await;
    world.until_message("PENDING", "Failed to pull image").await;
    world.fake.fail_pulls(false);
    world.until_running().await;
}

#[tokio::test]
async fn a_crashed_container_is_restarted_and_its_end_is_told() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    world.fake.write_log("main", "first run");
    world.fake.exit("main", 7, false);
    let seen = world.until_message("FAILED", "User application error, check container logs").await;
    assert_eq!(seen.status, "FAILED");
    let seen = world.until_running().await;
    let container = &seen.instances[0].containers[0];
    assert_eq!((container.restart_count, container.last_exit_code), (1, Some(7)));
    let logs = |previous| world.controller.logs(KEY, 0, "main", 1, previous, false);
    assert_eq!(logs(true).await.unwrap(), "first run\n");
    assert!(logs(false).await.unwrap().ends_with("has started\n"));
    world.fake.exit("main", 137, true);
    world.until_message("FAILED", "Container was OOMKilled due to resource usage").await;
}

#[tokio::test]
async fn a_roll_replaces_one_instance_at_a_time_from_the_highest_id() {
    let world = World::slow(Duration::from_millis(10));
    world.controller.apply(deployment("a", 3));
    world.until_running().await;
    world.controller.apply(deployment("b", 3));
    assert!(world.controller.observe(KEY).unwrap().is_upgrading, "known at once");
    let mut order = Vec::new();
    let seen = world
        .until("rolled", |seen| {
            let serving = seen.instances.iter().filter(|i| i.status == "READY").count();
            assert!(serving >= 2, "{seen:#?}");
            !seen.is_upgrading
        })
        .await;
    for instance in &seen.instances {
        assert_eq!(instance.spec_digest, "b");
        order.push(instance.created);
    }
    assert!(order[2] < order[1] && order[1] < order[0], "{order:?}");
}

#[tokio::test]
async fn an_unchanged_service_is_left_alone_also_by_a_later_process() {
    let world = World::new();
    world.controller.apply(deployment("a", 2));
    world.until_running().await;
    let ids = world.fake.ids();
    world.controller.apply(deployment("a", 2));
    world.until_running().await;
    let World { fake, directory, controller: before } = world;
    drop(before);
    let again = controller(&fake, directory.path());
    again.apply(deployment("a", 2));
    let world = World { fake, controller: again, directory };
    world.until_running().await;
    assert_eq!(world.fake.ids(), ids);
}

#[tokio::test]
async fn a_newer_deployment_supersedes_one_that_does_not_come_up() {
    let world = World::new();
    world.controller.apply(deployment("a", 2));
    world.until_running().await;
    world.fake.set_unready("main", true);
    world.controller.apply(deployment("b", 2));
    world.until("rolling", |seen| seen.instances[1].spec_digest == "b").await;
    world.controller.apply(deployment("c", 2));
    world.fake.set_unready("main", false);
    let seen = world.until_running().await;
    assert!(seen.instances.iter().all(|instance| instance.spec_digest == "c"));
}

#[tokio::test]
async fn suspension_keeps_block_volumes_and_removal_leaves_nothing() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    assert_eq!((leftovers(&world, "-data-"), leftovers(&world, "-tmp-")), (1, 1));
    world.controller.apply(deployment("a", 0));
    let seen = world.until("suspended", |seen| seen.status == "SUSPENDED").await;
    assert!(seen.instances.is_empty() && world.fake.ids().is_empty());
    assert_eq!((leftovers(&world, "-data-"), leftovers(&world, "-tmp-")), (1, 0));
    world.controller.apply(deployment("a", 1));
    assert_eq!(world.controller.observe(KEY).unwrap().status, "PENDING");
    world.until_running().await;
    world.controller.remove(KEY, false).done().await.unwrap();
    assert!(world.controller.observe(KEY).is_none());
    assert_eq!((world.fake.ids().len(), world.fake.leftovers().len()), (0, 0));
    assert_eq!(fs_err::read_dir(world.directory.path().join("services")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_service_that_this_process_never_saw_is_removed_by_its_labels() {
    let world = World::new();
    world.controller.apply(deployment("a", 2));
    world.until_running().await;
    let later = controller(&world.fake, world.directory.path());
    drop(world.controller);
    later.remove(KEY, false).done().await.unwrap();
    assert_eq!((world.fake.ids().len(), world.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn what_is_created_while_its_namesake_leaves_begins_with_nothing() {
    let world = World::new();
    world.controller.apply(deployment("a", 2));
    world.until_running().await;
    let before = world.fake.ids();
    let removal = world.controller.remove(KEY, false);
    world.controller.apply(deployment("a", 1));
    removal.done().await.unwrap();
    world.until_running().await;
    assert!(world.fake.ids().iter().all(|id| !before.contains(id)), "{:?}", world.fake.ids());
    // Nobody has to wait for a removal.
    drop(world.controller.remove(KEY, false));
    world.controller.remove(KEY, false).done().await.unwrap();
    assert_eq!((world.fake.ids().len(), world.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn a_service_that_cannot_be_removed_is_not_said_to_be_gone() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    world.fake.fail_removals(true);
    world.controller.remove(KEY, false).done().await.unwrap_err();
    assert_eq!(world.fake.ids().len(), 1);
    world.fake.fail_removals(false);
    world.controller.remove(KEY, false).done().await.unwrap();
    assert_eq!((world.fake.ids().len(), world.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn a_suspended_service_keeps_in_sight_what_it_could_not_remove() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    world.fake.fail_removals(true);
    world.controller.apply(deployment("a", 0));
    let seen = world.until("failed", |seen| seen.instances[0].status == "TERMINATING").await;
    assert_eq!(seen.status, "SUSPENDING");
    world.fake.fail_removals(false);
    world.until("suspended", |seen| seen.status == "SUSPENDED").await;
    assert_eq!(world.fake.ids().len(), 0);
}

#[tokio::test]
async fn an_instance_serves_on_while_its_next_image_cannot_be_had() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    let before = world.fake.ids();
    world.fake.fail_pulls(true);
    world.controller.apply(deployment("b", 1));
    let seen = world.until_message("READY", "Failed to pull image").await;
    assert_eq!((seen.status, seen.is_upgrading), ("RUNNING", true));
    assert_eq!(world.fake.ids(), before);
    world.fake.fail_pulls(false);
    let seen = world.until_running().await;
    assert_eq!(seen.instances[0].spec_digest, "b");
}

#[tokio::test]
async fn an_instance_serves_on_when_the_next_specification_is_taken_back() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    let before = world.fake.ids();
    world.fake.hang_pulls(true);
    world.controller.apply(deployment("b", 1));
    world.until("upgrading", |seen| seen.is_upgrading).await;
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    assert_eq!(world.fake.ids(), before);
}

#[tokio::test]
async fn the_logs_say_why_nothing_starts() {
    let world = World::new();
    world.fake.fail_pulls(true);
    world.controller.apply(deployment("a", 1));
    world.until_message("PENDING", "Failed to pull image").await;
    let log = world.controller.logs(KEY, 0, "main", 10, false, false).await.unwrap();
    assert!(log.contains("this runtime was told to fail"), "{log}");
}

#[tokio::test]
async fn a_change_of_egress_that_fails_is_made_up_for() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    world.fake.fail_connects(true);
    world.controller.apply(Deployment { egress: true, ..deployment("a", 1) });
    // A later process knows only what the engine says.
    let World { fake, directory, controller: before } = world;
    before.stop().await;
    fake.fail_connects(false);
    let world = World { controller: controller(&fake, directory.path()), fake, directory };
    world.controller.apply(Deployment { egress: true, ..deployment("a", 1) });
    let out = |world: &World| world.fake.networks("main").iter().any(|n| n.contains("egress"));
    world.until("connected", |_| out(&world)).await;
    world.controller.apply(deployment("a", 1));
    world.until("taken off", |_| !out(&world)).await;
}

#[tokio::test]
async fn a_platform_that_stops_does_not_wait_for_containers_that_do() {
    let world = World::new();
    world.controller.apply(deployment("a", 1));
    world.until_running().await;
    world.fake.hang_stops(true);
    let removal = world.controller.remove(KEY, false);
    world.until("leaving", |seen| seen.instances[0].status == "TERMINATING").await;
    let stopped = tokio::time::timeout(Duration::from_secs(10), world.controller.stop());
    stopped.await.expect("its grace is 30 s");
    removal.done().await.unwrap_err();
}
