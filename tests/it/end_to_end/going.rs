//! How a deployment fails honestly, and goes without a trace.

use super::deployment::{DATABASE, Deployment};
use super::engine::Engine;
use super::stranger::Stranger;

/// With Milvus stopped the notebook cannot answer, and verify says what the notebook said.
pub(crate) async fn verify_says_why_it_fails(deployment: &Deployment) {
    let stranger = Stranger::new(&deployment.platform()).await;
    stranger.sql(&format!("ALTER SERVICE {DATABASE}.PUBLIC.MILVUS SUSPEND")).await;
    let ended = deployment.run(&["verify", "--timeout", "60s"]);
    assert_eq!(ended.code, Some(8), "{}", ended.stderr);
    assert!(ended.stderr.to_lowercase().contains("milvus"), "{}", ended.stderr);
    // Deploying again resumes what was suspended.
    deployment.succeed(&["deploy"]);
    deployment.succeed(&["verify"]);
}

/// What deploy made is gone from the account and from the engine; what others made stays.
pub(crate) async fn clean_takes_away_what_is_ours_alone(deployment: &Deployment, engine: Engine) {
    let stranger = Stranger::new(&deployment.platform()).await;
    stranger.sql("CREATE DATABASE SOMEONE_ELSES").await;
    let platform = engine.platform_of(&engine.container(DATABASE, "milvus"));
    // Two containers, the schema's network and the way out, the block volume.
    assert_eq!(engine.objects(&platform).len(), 5, "{:?}", engine.objects(&platform));

    let declined = deployment.run(&["clean"]);
    assert_eq!(declined.code, Some(9), "nobody was there to confirm: {}", declined.stderr);
    deployment.succeed(&["clean", "--yes"]);
    assert_eq!(engine.objects(&platform), [""; 0]);
    for (list, name) in [
        ("SHOW DATABASES", DATABASE),
        ("SHOW ROLES", "MILVUS_ROLE"),
        ("SHOW USERS", "MILVUS_USER"),
        ("SHOW WAREHOUSES", "MILVUS_WAREHOUSE"),
        ("SHOW COMPUTE POOLS", "MILVUS_COMPUTE_POOL"),
        ("SHOW COMPUTE POOLS", "JUPYTER_COMPUTE_POOL"),
        ("SHOW INTEGRATIONS", "MILVUS_EGRESS_EAI"),
    ] {
        assert!(!stranger.finds(list, name).await, "{list} still has {name}");
    }
    assert!(stranger.finds("SHOW DATABASES", "SOMEONE_ELSES").await);
    deployment.succeed(&["clean", "--yes"]);
}

/// State that was deleted by other means than a reset takes its containers with it.
pub(crate) fn a_platform_without_its_state_begins_with_nothing(
    deployment: &Deployment,
    engine: Engine,
) {
    deployment.succeed(&["deploy"]);
    let platform = engine.platform_of(&engine.container(DATABASE, "milvus"));
    deployment.succeed(&["local", "stop"]);
    std::fs::remove_dir_all(deployment.path("target/spcs/local")).expect("the state is there");
    deployment.succeed(&["local", "start"]);
    assert_eq!(engine.objects(&platform), [""; 0]);
}
