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
    assert!(!engine.objects(DATABASE).is_empty());

    let declined = deployment.run(&["clean"]);
    assert_eq!(declined.code, Some(9), "nobody was there to confirm: {}", declined.stderr);
    deployment.succeed(&["clean", "--yes"]);
    assert_eq!(engine.objects(DATABASE), [""; 0]);
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
