//! Verify reports failures, and clean removes the deployment without leftovers.

use std::collections::BTreeSet;

use super::deployment::{DATABASE, Deployment};
use super::engine::Engine;
use crate::sql_client::SqlClient;

/// With Milvus suspended the notebook fails, and verify reports the cause.
pub(crate) async fn verify_reports_why_it_fails(deployment: &Deployment) {
    let client = SqlClient::new(&deployment.platform()).await;
    client.sql(&format!("ALTER SERVICE {DATABASE}.PUBLIC.MILVUS SUSPEND")).await;
    let run = deployment.xtask(&["verify", "--timeout", "60s"]);
    assert_eq!(run.code, Some(8), "{}", run.stderr);
    let cause = format!("service {DATABASE}.PUBLIC.MILVUS is SUSPENDED");
    assert!(run.stderr.contains(&cause), "{}", run.stderr);
    // The next deploy resumes the suspended service.
    deployment.succeed(&["deploy"]);
    deployment.succeed(&["verify"]);
}

/// All objects of an account and of a container engine.
pub(crate) struct Inventory {
    account: BTreeSet<String>,
    engine: BTreeSet<String>,
}

impl Inventory {
    pub(crate) async fn of(deployment: &Deployment, engine: Engine) -> Self {
        let account = SqlClient::new(&deployment.platform()).await.objects().await;
        Self { account, engine: engine.everything() }
    }
}

/// Clean removes everything that deploy created in the account and in the engine, and keeps the
/// objects of others.
pub(crate) async fn clean_removes_only_objects_of_the_deployment(
    deployment: &Deployment,
    engine: Engine,
    before: &Inventory,
) {
    let client = SqlClient::new(&deployment.platform()).await;
    client.sql("CREATE DATABASE OTHER_DATABASE").await;
    // Two containers, the schema's network, the egress network and the block volume.
    assert_eq!(deployment.objects().len(), 5, "{:?}", deployment.objects());

    let declined = deployment.xtask(&["clean"]);
    assert_eq!(declined.code, Some(9), "clean ran without confirmation: {}", declined.stderr);
    deployment.succeed(&["clean", "--yes"]);
    assert_eq!(deployment.objects(), [""; 0]);
    let mut after = Inventory::of(deployment, engine).await;
    // Other programs may use the engine too. Objects of a platform have names with `spcs-`.
    after.engine.retain(|object| object.contains(" spcs-") && !before.engine.contains(object));
    assert_eq!(after.engine, BTreeSet::new());
    for other in ["OTHER_DATABASE", "OTHER_USER"] {
        let count = after.account.len();
        after.account.retain(|line| !line.contains(other));
        assert!(after.account.len() < count, "{other} was removed");
    }
    assert_eq!(after.account, before.account);
    deployment.succeed(&["clean", "--yes"]);
}

/// If the state directory was deleted without a reset, the next start removes the containers.
pub(crate) fn a_platform_without_its_state_removes_its_containers(deployment: &Deployment) {
    deployment.succeed(&["deploy"]);
    deployment.succeed(&["local", "stop"]);
    fs_err::remove_dir_all(deployment.path("target/spcs/local")).expect("a state directory");
    deployment.succeed(&["local", "start"]);
    assert_eq!(deployment.objects(), [""; 0]);
}
