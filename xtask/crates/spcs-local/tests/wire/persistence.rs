//! Restarts, kills, and the files in the state directory.

use std::path::Path;

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
async fn a_second_platform_on_the_same_directory_or_port_fails_to_start() {
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
    assert!(spcs_local::reset(directory.path(), None).is_err(), "reset of a running platform");
    first.stop().await;
    spcs_local::reset(directory.path(), None).unwrap();
    assert!(!directory.path().exists());
}

/// Copies the state directory as a kill at this moment would leave it.
fn copy_as_if_killed(state_dir: &Path, into: &Path) {
    fs_err::create_dir_all(into).unwrap();
    for entry in fs_err::read_dir(state_dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs_err::copy(entry.path(), into.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn acknowledged_statements_survive_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let client = Client::admin(&first).await;
    let killed = tempfile::tempdir().unwrap();
    let statements = [
        "CREATE DATABASE d",
        "CREATE STAGE d.public.s",
        "CREATE ROLE r",
        "GRANT READ ON STAGE d.public.s TO ROLE r",
        "ALTER STAGE d.public.s SET COMMENT = 'changed'",
        "DROP DATABASE d",
    ];
    for (at, statement) in statements.into_iter().enumerate() {
        client.run(statement).await;
        copy_as_if_killed(directory.path(), &killed.path().join(at.to_string()));
    }
    first.stop().await;

    for (at, statement) in statements.into_iter().enumerate() {
        let again = platform(&killed.path().join(at.to_string()), quick()).await;
        let client = Client::admin(&again).await;
        let count = async |sql: &str| client.rows(sql).await.len();
        let there = at < 5;
        assert_eq!(count("SHOW DATABASES LIKE 'D'").await, usize::from(there), "{statement}");
        let stages = client.rows("SHOW STAGES IN ACCOUNT").await;
        assert_eq!(stages.len(), usize::from((1..5).contains(&at)), "{statement}");
        if at == 4 {
            assert_eq!(text(&stages[0], "comment"), "changed");
        }
        if at >= 2 {
            let grants = count("SHOW GRANTS TO ROLE r").await;
            assert_eq!(grants, usize::from((3..5).contains(&at)), "{statement}");
        }
        again.stop().await;
    }
}

#[tokio::test]
async fn an_unreadable_catalog_is_an_error_and_not_an_empty_account() {
    for (name, content, said) in [
        ("catalog.json", "{}", "another version"),
        ("catalog.sqlite", "this is no database, and longer than the header of one", "is broken"),
        ("catalog.sqlite", "", "another version"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join(name), content.repeat(100)).unwrap();
        let config = PlatformConfig {
            state_dir: directory.path().to_owned(),
            port: 0,
            runtime: RuntimeChoice::Fake,
            timing: quick(),
        };
        let refused = start(config).await.err().expect(name);
        assert!(refused.to_string().contains(said), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
        assert!(refused.hint().contains("cargo xtask local reset"), "{}", refused.hint());
        assert!(spcs_local::has_services(directory.path()).is_err(), "{name}");
        spcs_local::reset(directory.path(), None).unwrap();
        let again = platform(directory.path(), quick()).await;
        again.stop().await;
    }
}

#[tokio::test]
async fn another_process_can_tell_whether_a_running_platform_has_services() {
    let directory = tempfile::tempdir().unwrap();
    assert!(!spcs_local::has_services(directory.path()).unwrap(), "there is no catalog yet");
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    assert!(!spcs_local::has_services(directory.path()).unwrap());
    guide::deploy(&platform, &client).await;
    assert!(spcs_local::has_services(directory.path()).unwrap());
    client.run("DROP DATABASE milvus_demo").await;
    assert!(!spcs_local::has_services(directory.path()).unwrap());
    platform.stop().await;
}

#[tokio::test]
async fn only_the_owner_can_read_the_catalog() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let mut seen = 0;
    for entry in fs_err::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("catalog") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", entry.path().display());
            seen += 1;
        }
    }
    assert_eq!(seen, 3, "the catalog, its log and its index");
    platform.stop().await;
}

#[tokio::test]
async fn a_platform_notices_that_its_state_was_deleted_and_leaves_a_new_one_alone() {
    let directory = tempfile::tempdir().unwrap();
    let state_dir = directory.path().join("state");
    let first = platform(&state_dir, quick()).await;
    let limit = std::time::Duration::from_secs(20);
    assert!(
        tokio::time::timeout(limit / 10, first.abandoned()).await.is_err(),
        "the directory exists"
    );
    fs_err::remove_dir_all(&state_dir).unwrap();
    tokio::time::timeout(limit, first.abandoned()).await.expect("the directory was deleted");
    let second = platform(&state_dir, quick()).await;
    first.stop().await;
    assert!(state_dir.join("platform.json").exists(), "the file is the second platform's");
    second.stop().await;
    assert!(!state_dir.join("platform.json").exists());
}

#[tokio::test]
async fn a_platform_without_a_fixed_port_reuses_its_last_port() {
    let directory = tempfile::tempdir().unwrap();
    let first = platform(directory.path(), quick()).await;
    let port = first.status().port;
    first.stop().await;
    let second = platform(directory.path(), quick()).await;
    assert_eq!(second.status().port, port);
    second.stop().await;
}
