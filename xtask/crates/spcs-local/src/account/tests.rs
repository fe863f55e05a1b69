//! What the controller is handed after each statement.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::config::{PlatformConfig, RuntimeChoice};
use crate::execute::Executor;
use crate::kind::ServiceRecord;
use crate::platform::{Platform, start};
use crate::session::{SessionState, TransferShape};
use crate::sql::split;
use crate::statement::parse;

struct World {
    platform: Platform,
    executor: Executor,
    directory: tempfile::TempDir,
}

impl World {
    async fn new() -> World {
        Self::on(tempfile::tempdir().unwrap()).await
    }

    async fn on(directory: tempfile::TempDir) -> World {
        let (state_dir, timing) = (directory.path().to_owned(), Timing::default());
        let config = PlatformConfig { state_dir, port: 0, runtime: RuntimeChoice::Fake, timing };
        let platform = start(config).await.unwrap();
        let account = platform.account();
        let state = SessionState {
            identity: Identity::User("ADMIN".to_owned()),
            role: "ACCOUNTADMIN".to_owned(),
            secondary: true,
            namespace: Default::default(),
            warehouse: None,
            parameters: Default::default(),
            last_query: None,
        };
        let session = account.sessions.open(state, TransferShape::Token);
        let executor = Executor { account, session };
        World { platform, executor, directory }
    }

    async fn run(&self, text: &str) {
        for tokens in split(text).unwrap() {
            let done = self.executor.run(parse(&tokens).unwrap()).await;
            done.unwrap_or_else(|error| panic!("{tokens:?}: {error:?}"));
        }
    }

    fn deployment(&self, service: &str) -> Deployment {
        let account: &Arc<Account> = &self.executor.account;
        let path: Vec<String> = ["D", "PUBLIC", service].map(str::to_owned).to_vec();
        account.catalog.read(|state| account.deployment(state, &path)).unwrap()
    }
}

const SPEC: &str = "
spec:
  containers: [{ name: main, image: /d/public/r/i:1, volumeMounts: [{ name: s, mountPath: /s }] }]
  volumes: [{ name: s, source: '@s/in' }]
";

/// A service of SYSADMIN that mounts a stage and names an integration.
fn service() -> Object {
    let path = ["D", "PUBLIC", "SVC"].map(str::to_owned).to_vec();
    let record = ServiceRecord {
        pool: "P".to_owned(),
        spec: spcs_local_spec::parse(SPEC).unwrap(),
        spec_digest: String::new(),
        images: BTreeMap::new(),
        stages: BTreeMap::from([("@s/in".to_owned(), "D/PUBLIC/S/in".to_owned())]),
        suspended: false,
        resumed: None,
        suspended_on: None,
        endpoints: Vec::new(),
        roles: BTreeMap::new(),
        token: "token".to_owned(),
    };
    let mut object = Object::new(Data::Service(Box::new(record)), path, "SYSADMIN", 0);
    let integrations = Value::List(vec!["WAY_OUT".to_owned()]);
    object.properties.insert("EXTERNAL_ACCESS_INTEGRATIONS".to_owned(), integrations);
    object
}

#[tokio::test]
async fn a_volume_can_be_written_by_who_may_write_to_the_stage() {
    let world = World::new().await;
    world
        .run(
            "CREATE DATABASE d; CREATE STAGE s; CREATE STAGE s2;
             GRANT READ ON STAGE s TO ROLE SYSADMIN; GRANT WRITE ON STAGE s2 TO ROLE SYSADMIN",
        )
        .await;
    let add = |state: &mut State| {
        state.put(service());
        Ok(())
    };
    world.executor.account.catalog.change(add).unwrap();
    let mounted = |world: &World| world.deployment("SVC").stages["@s/in"].clone();
    assert!(mounted(&world).directory.ends_with("stages/D/PUBLIC/S/in"));
    assert!(!mounted(&world).writable, "READ is not WRITE");
    world.run("GRANT WRITE ON STAGE d.public.s TO ROLE SYSADMIN").await;
    assert!(mounted(&world).writable);
    world.platform.stop().await;
}

#[tokio::test]
async fn egress_ends_with_the_integration_that_opened_it() {
    let world = World::new().await;
    world
        .run(
            "CREATE DATABASE d;
             CREATE NETWORK RULE r TYPE=HOST_PORT MODE=EGRESS VALUE_LIST=('pypi.org');
             CREATE EXTERNAL ACCESS INTEGRATION way_out ALLOWED_NETWORK_RULES=(r) ENABLED=TRUE",
        )
        .await;
    let add = |state: &mut State| {
        state.put(service());
        Ok(())
    };
    world.executor.account.catalog.change(add).unwrap();
    assert!(world.deployment("SVC").egress);
    world.run("ALTER EXTERNAL ACCESS INTEGRATION way_out SET ENABLED=FALSE").await;
    assert!(!world.deployment("SVC").egress, "disabled");
    world.run("ALTER EXTERNAL ACCESS INTEGRATION way_out SET ENABLED=TRUE").await;
    assert!(world.deployment("SVC").egress);
    world.run("DROP INTEGRATION way_out").await;
    assert!(!world.deployment("SVC").egress, "dropped");
    world.platform.stop().await;
}

#[tokio::test]
async fn a_drop_that_was_cut_short_is_finished_at_the_next_start() {
    let world = World::new().await;
    world.run("CREATE DATABASE d; CREATE STAGE s").await;
    let stage = world.executor.account.stages.join("D/PUBLIC/S");
    fs_err::write(stage.join("a.txt"), "x").unwrap();
    // As if the platform had been killed between the catalog and the files.
    let path = ["D", "PUBLIC", "S"].map(str::to_owned);
    let dropped = world.executor.account.catalog.change(|state| {
        assert_eq!(state.remove(Kind::Stage, &path).len(), 1);
        Ok(())
    });
    dropped.unwrap();
    let World { platform, directory, .. } = world;
    platform.stop().await;
    assert!(stage.exists());

    let again = World::on(directory).await;
    let gone = async {
        let left = || again.executor.account.catalog.read(|state| state.leaving().count());
        while stage.exists() || left() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), gone).await.expect("it is removed");
    again.platform.stop().await;
}

#[tokio::test]
async fn nothing_is_changed_for_a_platform_that_has_stopped() {
    let World { platform, executor, directory } = World::new().await;
    platform.stop().await;
    let late = parse(&split("CREATE DATABASE late").unwrap()[0]).unwrap();
    assert!(executor.run(late).await.is_err());
    let again = World::on(directory).await;
    let late = ["LATE".to_owned()];
    let there = |state: &State| state.find(Kind::Database, &late).is_some();
    assert!(!again.executor.account.catalog.read(there));
    assert!(!executor.account.catalog.read(there));
    again.platform.stop().await;
}
