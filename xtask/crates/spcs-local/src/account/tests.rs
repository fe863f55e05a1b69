//! The deployments that the controller gets, and the state after restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::config::{PlatformConfig, RuntimeChoice};
use crate::execute::Executor;
use crate::kind::{MountRecord, ServiceRecord};
use crate::platform::{Platform, start};
use crate::session::{SessionState, TransferShape};
use crate::sql::split;
use crate::statement::parse;

struct TestPlatform {
    platform: Platform,
    executor: Executor,
    directory: tempfile::TempDir,
}

impl TestPlatform {
    async fn new() -> TestPlatform {
        Self::on(tempfile::tempdir().unwrap()).await
    }

    async fn on(directory: tempfile::TempDir) -> TestPlatform {
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
        TestPlatform { platform, executor, directory }
    }

    async fn run(&self, text: &str) {
        for tokens in split(text).unwrap() {
            let done = self.executor.run(parse(&tokens).unwrap()).await;
            done.unwrap_or_else(|error| panic!("{tokens:?}: {error:?}"));
        }
    }

    fn id(&self, kind: Kind, name: &str) -> spcs_local_files::Id {
        let path = ["D", "PUBLIC", name].map(str::to_owned);
        self.executor.account.catalog.read(|state| state.find(kind, &path).unwrap().id.clone())
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

/// A service of SYSADMIN with a stage volume and an integration.
fn service() -> Object {
    let path = ["D", "PUBLIC", "SVC"].map(str::to_owned).to_vec();
    let stage = ["D", "PUBLIC", "S"].map(str::to_owned).to_vec();
    let mount = MountRecord { stage, path: "in".to_owned() };
    let record = ServiceRecord {
        schema: spcs_local_files::Id::random(),
        pool: "P".to_owned(),
        spec: spcs_local_spec::parse(SPEC).unwrap(),
        spec_digest: String::new(),
        images: BTreeMap::new(),
        stages: BTreeMap::from([("@s/in".to_owned(), mount)]),
        suspended: false,
        resumed: None,
        suspended_on: None,
        endpoints: Vec::new(),
        roles: BTreeMap::new(),
        host_seed: "id".to_owned(),
    };
    let mut object = Object::new(Data::Service(Box::new(record)), path, "SYSADMIN", 0);
    let integrations = Value::List(vec!["ALLOW_PYPI".to_owned()]);
    object.properties.insert("EXTERNAL_ACCESS_INTEGRATIONS".to_owned(), integrations);
    object
}

#[tokio::test]
async fn a_stage_volume_is_writable_only_with_write_on_the_stage() {
    let test = TestPlatform::new().await;
    test.run(
        "CREATE DATABASE d; CREATE STAGE s; CREATE STAGE s2;
             GRANT READ ON STAGE s TO ROLE SYSADMIN; GRANT WRITE ON STAGE s2 TO ROLE SYSADMIN",
    )
    .await;
    let add = |state: &mut State| {
        state.put(service());
        Ok(())
    };
    test.executor.account.catalog.change(add).unwrap();
    let mounted = |test: &TestPlatform| test.deployment("SVC").stages["@s/in"].clone();
    assert_eq!(mounted(&test).stage, test.id(Kind::Stage, "S"));
    assert_eq!(mounted(&test).path.shown(), "in");
    assert!(!mounted(&test).writable, "READ does not permit writing");
    test.run("GRANT WRITE ON STAGE d.public.s TO ROLE SYSADMIN").await;
    assert!(mounted(&test).writable);
    test.platform.stop().await;
}

#[tokio::test]
async fn egress_is_what_the_network_rules_of_enabled_integrations_list() {
    let test = TestPlatform::new().await;
    test.run(
        "CREATE DATABASE rules; CREATE DATABASE d;
             CREATE NETWORK RULE r TYPE=HOST_PORT MODE=EGRESS
                 VALUE_LIST=('PyPI.org', 'files.example:8080');
             CREATE NETWORK RULE rules.public.r TYPE=HOST_PORT MODE=EGRESS
                 VALUE_LIST=('0.0.0.0:80', 'pypi.org:443');
             CREATE NETWORK RULE clients TYPE=IPV4 MODE=INGRESS VALUE_LIST=('192.0.2.1');
             CREATE EXTERNAL ACCESS INTEGRATION allow_pypi
                 ALLOWED_NETWORK_RULES=(r, rules.public.r, clients) ENABLED=TRUE",
    )
    .await;
    let add = |state: &mut State| {
        state.put(service());
        Ok(())
    };
    test.executor.account.catalog.change(add).unwrap();
    let egress = || {
        let targets = test.deployment("SVC").egress.into_iter();
        targets.map(|target| format!("{}:{}", target.host, target.port)).collect::<Vec<_>>()
    };
    assert_eq!(egress(), ["0.0.0.0:80", "files.example:8080", "pypi.org:443"]);
    test.run("ALTER EXTERNAL ACCESS INTEGRATION allow_pypi SET ENABLED=FALSE").await;
    assert!(egress().is_empty(), "disabled");
    test.run("ALTER EXTERNAL ACCESS INTEGRATION allow_pypi SET ENABLED=TRUE").await;
    test.run("DROP DATABASE rules").await;
    assert_eq!(egress(), ["files.example:8080", "pypi.org:443"]);
    test.run("ALTER NETWORK RULE d.public.r SET VALUE_LIST=('other.example')").await;
    assert_eq!(egress(), ["other.example:443"]);
    test.run("DROP INTEGRATION allow_pypi").await;
    assert!(egress().is_empty(), "dropped");
    test.platform.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_keep_a_service_from_starting() {
    let test = TestPlatform::new().await;
    test.run(
        "CREATE DATABASE d;
             CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S",
    )
    .await;
    let in_an_hour = clock::now() + 3_600_000;
    let change = |state: &mut State| {
        let mut pool = state.account_object(Kind::ComputePool, "P").unwrap().clone();
        let Data::ComputePool(data) = &mut pool.data else { panic!("no pool") };
        data.resumed = in_an_hour;
        state.put(pool);
        state.put(service());
        Ok(())
    };
    test.executor.account.catalog.change(change).unwrap();
    assert!(test.deployment("SVC").node_ready_at <= Instant::now());
    test.platform.stop().await;
}

#[tokio::test]
async fn an_interrupted_drop_is_finished_at_the_next_start() {
    let test = TestPlatform::new().await;
    test.run("CREATE DATABASE d; CREATE STAGE s; CREATE STAGE kept").await;
    let directory = |test: &TestPlatform, name| {
        let id = test.id(Kind::Stage, name);
        test.executor.account.stages.create(&id).unwrap();
        test.executor.account.stages.directory(&id)
    };
    let (stage, kept) = (directory(&test, "S"), directory(&test, "KEPT"));
    fs_err::write(stage.join("a.txt"), "x").unwrap();
    // Simulates a kill after the change of the catalog and before the deletion of the files.
    let path = ["D", "PUBLIC", "S"].map(str::to_owned);
    let dropped = test.executor.account.catalog.change(|state| {
        assert_eq!(state.remove(Kind::Stage, &path).len(), 1);
        Ok(())
    });
    dropped.unwrap();
    let TestPlatform { platform, directory, .. } = test;
    platform.stop().await;
    assert!(stage.exists());

    let again = TestPlatform::on(directory).await;
    let gone = async {
        while stage.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), gone)
        .await
        .expect("the stage is deleted");
    assert!(kept.exists(), "a stage that an object has");
    again.platform.stop().await;
}

#[tokio::test]
async fn a_stopped_platform_makes_no_changes() {
    let TestPlatform { platform, executor, directory } = TestPlatform::new().await;
    platform.stop().await;
    let late = parse(&split("CREATE DATABASE late").unwrap()[0]).unwrap();
    assert!(executor.run(late).await.is_err());
    let again = TestPlatform::on(directory).await;
    let late = ["LATE".to_owned()];
    let there = |state: &State| state.find(Kind::Database, &late).is_some();
    assert!(!again.executor.account.catalog.read(there));
    assert!(!executor.account.catalog.read(there));
    again.platform.stop().await;
}
