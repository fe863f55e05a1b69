//! Tests of the controller with the fake runtime.

mod account;

use std::collections::BTreeMap;

use super::*;
use crate::runtime::FakeRuntime;
use crate::service::{PinnedImage, TokenSource};

mod firewall;

const KEY: &str = "00000000000000d1.00000000000000e1";

struct Harness {
    fake: FakeRuntime,
    controller: Controller,
    directory: tempfile::TempDir,
}

impl Harness {
    fn new() -> Harness {
        Harness::with_start_delay(Duration::ZERO)
    }

    fn with_start_delay(ready_after: Duration) -> Harness {
        let fake = FakeRuntime::new(ready_after);
        let directory = tempfile::tempdir().unwrap();
        let controller = controller(&fake, directory.path());
        Harness { fake, controller, directory }
    }

    /// Waits until the observation fulfils the condition, and returns it.
    async fn until(
        &self,
        what: &str,
        condition: impl Fn(&ServiceObservation) -> bool,
    ) -> ServiceObservation {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let observation = self.controller.observe(KEY).unwrap();
            if condition(&observation) {
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

fn timing() -> ControllerTiming {
    let short = Duration::from_millis(5);
    ControllerTiming {
        converge: short,
        watch: short,
        first_backoff: Duration::from_millis(50),
        last_backoff: Duration::from_millis(50),
        renew_rules: Duration::from_millis(50),
        ..ControllerTiming::default()
    }
}

fn controller(fake: &FakeRuntime, directory: &Path) -> Controller {
    controller_with(fake, directory, timing())
}

fn controller_with(fake: &FakeRuntime, directory: &Path, timing: ControllerTiming) -> Controller {
    let login = PullLogin {
        registry: "127.0.0.1:1".to_owned(),
        username: "u".to_owned(),
        password: "p".to_owned(),
    };
    let dirs = ControllerDirs::new(directory);
    let account = AccountAccess {
        host: "account.internal".to_owned(),
        port: 0,
        serve: Arc::new(|_| Box::pin(std::future::pending())),
    };
    Controller::with_timing(Runtime::Fake(fake.clone()), dirs, login, account, timing)
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
        name: "DB.PUBLIC.ECHO".to_owned(),
        spec: spcs_local_spec::parse(SPEC).unwrap(),
        spec_digest: version.to_owned(),
        images: BTreeMap::from([("main".to_owned(), image)]),
        instances,
        stages: BTreeMap::new(),
        session_tokens: TokenSource::new(|| "token-of-the-service".to_owned()),
        ingress_key: "key-of-the-ingress".to_owned(),
        environment: BTreeMap::new(),
        node_ready_at: std::time::Instant::now(),
        egress: Vec::new(),
    }
}

fn leftovers(harness: &Harness, part: &str) -> usize {
    harness.fake.leftovers().iter().filter(|name| name.contains(part)).count()
}

#[tokio::test]
async fn running_containers_find_the_current_token_and_key() {
    let harness = Harness::new();
    let session = harness.directory.path().join(format!("services/{KEY}/0/main.session"));
    let read = |name: &str| fs_err::read_to_string(session.join(name)).unwrap();
    let mut deployment = deployment("a", 1);
    harness.controller.apply(deployment.clone());
    harness.until_running().await;
    assert_eq!(read("token"), "token-of-the-service");
    assert_eq!(read("ingress_key"), "key-of-the-ingress");

    // As after a start of the platform, which makes new keys.
    harness.controller.stop().await;
    let again = controller(&harness.fake, harness.directory.path());
    deployment.ingress_key = "another-key".to_owned();
    again.apply(deployment);
    let renewed = async {
        while read("ingress_key") != "another-key" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.unwrap();
    again.stop().await;
}

#[tokio::test]
async fn a_service_is_pending_until_its_containers_are_ready() {
    let harness = Harness::with_start_delay(Duration::from_millis(30));
    harness.controller.apply(deployment("a", 1));
    let first = harness.controller.observe(KEY).unwrap();
    assert_eq!((first.status, first.instances[0].status), ("PENDING", "PENDING"));
    let seen = harness.until_running().await;
    let container = &seen.instances[0].containers[0];
    assert_eq!((container.status, &*container.message), ("READY", "Running"));
    assert!(
        seen.instances[0].started.is_some()
            && harness.controller.endpoint_address(KEY, 8000).is_some()
    );
    harness.fake.set_unready("main", true);
    let message = "Readiness probe is failing at path: /ok, port: 8000";
    let seen = harness.until_message("PENDING", message).await;
    assert_eq!(seen.status, "PENDING");
    assert!(harness.controller.endpoint_address(KEY, 8000).is_none(), "must not receive requests");
}

#[tokio::test]
async fn a_service_is_pending_until_it_has_a_node_and_an_image() {
    let harness = Harness::new();
    harness.fake.fail_pulls(true);
    let mut waiting = deployment("a", 1);
    waiting.node_ready_at = std::time::Instant::now() + Duration::from_millis(100);
    harness.controller.apply(waiting);
    harness.until_message("PENDING", "Compute pool node(s) are being provisioned").await;
    harness.until_message("PENDING", "Failed to pull image").await;
    harness.fake.fail_pulls(false);
    harness.until_running().await;
}

#[tokio::test]
async fn a_crashed_container_is_restarted_and_its_exit_is_reported() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.write_log("main", "first run");
    harness.fake.exit("main", 7, false);
    let seen =
        harness.until_message("FAILED", "User application error, check container logs").await;
    assert_eq!(seen.status, "FAILED");
    let seen = harness.until_running().await;
    let container = &seen.instances[0].containers[0];
    assert_eq!((container.restart_count, container.last_exit_code), (1, Some(7)));
    let logs = |previous| harness.controller.logs(KEY, 0, "main", 1, previous, false);
    assert_eq!(logs(true).await.unwrap(), "first run\n");
    assert!(logs(false).await.unwrap().ends_with("has started\n"));
    harness.fake.exit("main", 137, true);
    harness.until_message("FAILED", "Container was OOMKilled due to resource usage").await;
}

#[tokio::test]
async fn a_roll_replaces_one_instance_at_a_time_from_the_highest_id() {
    let harness = Harness::with_start_delay(Duration::from_millis(10));
    harness.controller.apply(deployment("a", 3));
    harness.until_running().await;
    harness.controller.apply(deployment("b", 3));
    assert!(harness.controller.observe(KEY).unwrap().is_upgrading, "reported at once");
    let mut order = Vec::new();
    let seen = harness
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
async fn an_unchanged_service_keeps_its_containers_also_after_a_restart() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 2));
    harness.until_running().await;
    let ids = harness.fake.ids();
    harness.controller.apply(deployment("a", 2));
    harness.until_running().await;
    let Harness { fake, directory, controller: previous } = harness;
    drop(previous);
    let again = controller(&fake, directory.path());
    again.apply(deployment("a", 2));
    let harness = Harness { fake, controller: again, directory };
    harness.until_running().await;
    assert_eq!(harness.fake.ids(), ids);
}

#[tokio::test]
async fn a_newer_deployment_supersedes_one_that_does_not_become_ready() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 2));
    harness.until_running().await;
    harness.fake.set_unready("main", true);
    harness.controller.apply(deployment("b", 2));
    harness.until("rolling", |seen| seen.instances[1].spec_digest == "b").await;
    harness.controller.apply(deployment("c", 2));
    harness.fake.set_unready("main", false);
    let seen = harness.until_running().await;
    assert!(seen.instances.iter().all(|instance| instance.spec_digest == "c"));
}

#[tokio::test]
async fn suspension_keeps_block_volumes_and_removal_deletes_everything() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    assert_eq!((leftovers(&harness, "-data"), leftovers(&harness, "-tmp")), (1, 1));
    harness.controller.apply(deployment("a", 0));
    let seen = harness.until("suspended", |seen| seen.status == "SUSPENDED").await;
    assert!(seen.instances.is_empty() && harness.fake.ids().is_empty());
    assert_eq!((leftovers(&harness, "-data"), leftovers(&harness, "-tmp")), (1, 0));
    harness.controller.apply(deployment("a", 1));
    assert_eq!(harness.controller.observe(KEY).unwrap().status, "PENDING");
    harness.until_running().await;
    harness.controller.remove(KEY, false).done().await.unwrap();
    assert!(harness.controller.observe(KEY).is_none());
    assert_eq!((harness.fake.ids().len(), harness.fake.leftovers().len()), (0, 0));
    assert_eq!(fs_err::read_dir(harness.directory.path().join("services")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_service_unknown_to_this_process_is_removed_by_its_labels() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 2));
    harness.until_running().await;
    let later = controller(&harness.fake, harness.directory.path());
    drop(harness.controller);
    later.remove(KEY, false).done().await.unwrap();
    assert_eq!((harness.fake.ids().len(), harness.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn a_service_recreated_during_its_removal_gets_new_containers() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 2));
    harness.until_running().await;
    let before = harness.fake.ids();
    let removal = harness.controller.remove(KEY, false);
    harness.controller.apply(deployment("a", 1));
    removal.done().await.unwrap();
    harness.until_running().await;
    assert!(harness.fake.ids().iter().all(|id| !before.contains(id)), "{:?}", harness.fake.ids());
    // A removal also completes if its `Removal` is dropped.
    drop(harness.controller.remove(KEY, false));
    harness.controller.remove(KEY, false).done().await.unwrap();
    assert_eq!((harness.fake.ids().len(), harness.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn a_failed_removal_is_reported_and_can_be_repeated() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.fail_removals(true);
    harness.controller.remove(KEY, false).done().await.unwrap_err();
    assert_eq!(harness.fake.ids().len(), 1);
    harness.fake.fail_removals(false);
    harness.controller.remove(KEY, false).done().await.unwrap();
    assert_eq!((harness.fake.ids().len(), harness.fake.leftovers().len()), (0, 0));
}

#[tokio::test]
async fn a_suspended_service_lists_instances_that_could_not_be_removed() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.fail_removals(true);
    harness.controller.apply(deployment("a", 0));
    let seen = harness.until("failed", |seen| seen.instances[0].status == "TERMINATING").await;
    assert_eq!(seen.status, "SUSPENDING");
    harness.fake.fail_removals(false);
    harness.until("suspended", |seen| seen.status == "SUSPENDED").await;
    assert_eq!(harness.fake.ids().len(), 0);
}

#[tokio::test]
async fn an_instance_keeps_serving_while_its_next_image_cannot_be_pulled() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    let before = harness.fake.ids();
    harness.fake.fail_pulls(true);
    harness.controller.apply(deployment("b", 1));
    let seen = harness.until_message("READY", "Failed to pull image").await;
    assert_eq!((seen.status, seen.is_upgrading), ("RUNNING", true));
    assert_eq!(harness.fake.ids(), before);
    harness.fake.fail_pulls(false);
    let seen = harness.until_running().await;
    assert_eq!(seen.instances[0].spec_digest, "b");
}

#[tokio::test]
async fn an_instance_keeps_serving_if_an_upgrade_is_reverted() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    let before = harness.fake.ids();
    harness.fake.hang_pulls(true);
    harness.controller.apply(deployment("b", 1));
    harness.until("upgrading", |seen| seen.is_upgrading).await;
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    assert_eq!(harness.fake.ids(), before);
}

#[tokio::test]
async fn the_logs_of_a_container_that_cannot_start_show_the_error() {
    let harness = Harness::new();
    harness.fake.fail_pulls(true);
    harness.controller.apply(deployment("a", 1));
    harness.until_message("PENDING", "Failed to pull image").await;
    let log = harness.controller.logs(KEY, 0, "main", 10, false, false).await.unwrap();
    assert!(log.contains("injected failure"), "{log}");
}

#[tokio::test]
async fn stopping_the_platform_does_not_wait_for_stopping_containers() {
    let harness = Harness::new();
    harness.controller.apply(deployment("a", 1));
    harness.until_running().await;
    harness.fake.hang_stops(true);
    let removal = harness.controller.remove(KEY, false);
    harness.until("terminating", |seen| seen.instances[0].status == "TERMINATING").await;
    let stopped = tokio::time::timeout(Duration::from_secs(10), harness.controller.stop());
    stopped.await.expect("should not wait for the grace period of 30 s");
    removal.done().await.unwrap_err();
}
