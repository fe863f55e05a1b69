//! What is still there when the platform comes back.

use crate::client::{Client, platform, quick, text};
use crate::guide;
use spcs_local::{PlatformConfig, RuntimeChoice, StartError, start};

#[tokio::test]
async fn everything_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let client = Client::admin(&first).await;
    guide::deploy(&first, &client).await;
    let host = |row: &crate::client::Row| {
        text(row, "ingress_url").split(':').next().unwrap_or_default().to_owned()
    };
    let show = "SHOW ENDPOINTS IN SERVICE MILVUS_DEMO.PUBLIC.JUPYTER";
    let before = host(&client.rows(show).await[0]);
    let password = first.status().password.clone();
    first.stop().await;
    assert!(!directory.path().join("platform.json").exists());

    let second = platform(directory.path(), quick()).await;
    assert_eq!(second.status().password, password);
    let client = Client::admin(&second).await;
    client.run("USE ROLE SYSADMIN").await;
    guide::until_ready(&client, "JUPYTER").await;
    assert_eq!(host(&client.rows(show).await[0]), before);
    assert_eq!(client.rows("LS @MILVUS_DEMO.PUBLIC.YAML_STAGE").await.len(), 2);
    let images = "SHOW IMAGES IN IMAGE REPOSITORY MILVUS_DEMO.PUBLIC.MILVUS_REPO";
    assert_eq!(client.rows(images).await.len(), 2);
    let grants = client.rows("SHOW GRANTS TO USER milvus_user").await;
    assert_eq!(text(&grants[0], "role"), "MILVUS_ROLE");
    second.stop().await;
}

#[tokio::test]
async fn a_second_platform_on_the_same_state_or_port_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let config = |state_dir: &std::path::Path, port| PlatformConfig {
        state_dir: state_dir.to_owned(),
        port,
        runtime: RuntimeChoice::Fake,
        timing: quick(),
    };
    let refused = start(config(directory.path(), 0)).await.err().unwrap();
    assert!(matches!(refused, StartError::AlreadyRunning { .. }), "{refused}");
    let port = first.status().port;
    let refused = start(config(other.path(), port)).await.err().unwrap();
    assert!(matches!(refused, StartError::PortTaken { port: taken } if taken == port));
    assert!(spcs_local::reset(directory.path(), None).is_err(), "reset while it runs");
    first.stop().await;
    spcs_local::reset(directory.path(), None).unwrap();
    assert!(!directory.path().exists());
}

#[tokio::test]
async fn a_drop_that_was_cut_short_is_finished_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let client = Client::admin(&first).await;
    client.run("CREATE DATABASE d; CREATE STAGE s").await;
    client.put("@s", "a.txt", "x").await;
    first.stop().await;
    // As if it had been killed between the catalog and the files.
    let file = directory.path().join("catalog.json");
    let mut catalog: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    catalog["objects"].as_array_mut().unwrap().retain(|object| object["kind"] != "stage");
    catalog["leaving"] = serde_json::json!([["stage", ["D", "PUBLIC", "S"]]]);
    std::fs::write(&file, catalog.to_string()).unwrap();

    let second = platform(directory.path(), quick()).await;
    let stage = directory.path().join("stages/D/PUBLIC/S");
    let gone = async {
        while stage.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), gone).await.expect("it is removed");
    second.stop().await;
}

#[tokio::test]
async fn a_platform_whose_state_is_taken_away_knows_it_and_disturbs_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let state_dir = directory.path().join("state");
    let first = platform(&state_dir, quick()).await;
    let limit = std::time::Duration::from_secs(20);
    assert!(tokio::time::timeout(limit / 10, first.abandoned()).await.is_err(), "it is there");
    std::fs::remove_dir_all(&state_dir).unwrap();
    tokio::time::timeout(limit, first.abandoned()).await.expect("it is gone");
    let second = platform(&state_dir, quick()).await;
    first.stop().await;
    assert!(state_dir.join("platform.json").exists(), "that is the second one's");
    second.stop().await;
    assert!(!state_dir.join("platform.json").exists());
}

#[tokio::test]
async fn a_platform_without_a_fixed_port_listens_on_the_same_one_again() {
    let directory = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let port = first.status().port;
    first.stop().await;
    let second = platform(directory.path(), quick()).await;
    assert_eq!(second.status().port, port);
    second.stop().await;
}
