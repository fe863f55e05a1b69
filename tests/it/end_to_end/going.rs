//! How a deployment fails honestly, and goes without a trace.

use std::collections::BTreeSet;

use super::deployment::{DATABASE, Deployment};
use super::engine::Engine;
use crate::stranger::Stranger;

/// With Milvus stopped the notebook cannot answer, and verify says what the notebook said.
pub(crate) async fn verify_says_why_it_fails(deployment: &Deployment) {
    let stranger = Stranger::new(&deployment.platform()).await;
    stranger.sql(&format!("ALTER SERVICE {DATABASE}.PUBLIC.MILVUS SUSPEND")).await;
    let ended = deployment.xtask(&["verify", "--timeout", "60s"]);
    assert_eq!(ended.code, Some(8), "{}", ended.stderr);
    let cause = format!("service {DATABASE}.PUBLIC.MILVUS is SUSPENDED");
    assert!(ended.stderr.contains(&cause), "{}", ended.stderr);
    // Deploying again resumes what was suspended.
    deployment.succeed(&["deploy"]);
    deployment.succeed(&["verify"]);
}

/// What others see of an account and of an engine.
pub(crate) struct Sight {
    account: BTreeSet<String>,
    engine: BTreeSet<String>,
}

impl Sight {
    /// What is there now.
    pub(crate) async fn of(deployment: &Deployment, engine: Engine) -> Self {
        let account = Stranger::new(&deployment.platform()).await.account().await;
        Self { account, engine: engine.everything() }
    }
}

/// What deploy made is gone from every list of the account and of the engine; what others made
/// stays.
pub(crate) async fn clean_takes_away_what_is_ours_alone(
    deployment: &Deployment,
    engine: Engine,
    before: &Sight,
) {
    let stranger = Stranger::new(&deployment.platform()).await;
    stranger.sql("CREATE DATABASE SOMEONE_ELSES").await;
    // Two containers, the schema's network and the way out, the block volume.
    assert_eq!(deployment.objects().len(), 5, "{:?}", deployment.objects());

    let declined = deployment.xtask(&["clean"]);
    assert_eq!(declined.code, Some(9), "nobody was there to confirm: {}", declined.stderr);
    deployment.succeed(&["clean", "--yes"]);
    assert_eq!(deployment.objects(), [""; 0]);
    let mut after = Sight::of(deployment, engine).await;
    // Others may use the engine meanwhile; what a platform makes there is called `spcs-…`.
    after.engine.retain(|object| object.contains(" spcs-") && !before.engine.contains(object));
    assert_eq!(after.engine, BTreeSet::new());
    for theirs in ["SOMEONE_ELSES", "PASSER_BY"] {
        let all = after.account.len();
        after.account.retain(|line| !line.contains(theirs));
        assert!(after.account.len() < all, "{theirs} is gone");
    }
    assert_eq!(after.account, before.account);
    deployment.succeed(&["clean", "--yes"]);
}

/// State that was deleted by other means than a reset takes its containers with it.
pub(crate) fn a_platform_without_its_state_begins_with_nothing(deployment: &Deployment) {
    deployment.succeed(&["deploy"]);
    deployment.succeed(&["local", "stop"]);
    fs_err::remove_dir_all(deployment.path("target/spcs/local")).expect("the state is there");
    deployment.succeed(&["local", "start"]);
    assert_eq!(deployment.objects(), [""; 0]);
}
