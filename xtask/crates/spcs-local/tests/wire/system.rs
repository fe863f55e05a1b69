//! Objects of the system, namespaces, and IF NOT EXISTS.

use crate::client::{Client, platform, quick};

#[tokio::test]
async fn the_administrator_cannot_be_dropped_disabled_or_shadowed() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE ROLE r; CREATE USER u").await;
    for (sql, code) in [
        ("CREATE OR REPLACE USER admin PASSWORD='x'", "001008"),
        ("DROP USER admin", "001008"),
        ("ALTER USER admin SET DISABLED=TRUE", "001008"),
        ("ALTER USER admin SET LOGIN_NAME='other'", "001008"),
        ("CREATE USER aaa LOGIN_NAME='ADMIN'", "002002"),
        ("ALTER USER u SET LOGIN_NAME='admin'", "002002"),
        ("GRANT OWNERSHIP ON ROLE ACCOUNTADMIN TO ROLE r", "003001"),
        ("REVOKE ROLE ACCOUNTADMIN FROM USER admin", "003001"),
    ] {
        assert_eq!(client.refused(sql).await, code, "{sql}");
    }
    Client::admin(&platform).await.run("USE ROLE ACCOUNTADMIN").await;
    platform.stop().await;
}

#[tokio::test]
async fn drop_with_another_kind_of_integration_fails() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run("CREATE SECURITY INTEGRATION i TYPE=OAUTH OAUTH_CLIENT=SNOWSERVICES_INGRESS ENABLED=TRUE")
        .await;
    assert_eq!(client.refused("DROP EXTERNAL ACCESS INTEGRATION i").await, "002003");
    client.run("DROP EXTERNAL ACCESS INTEGRATION IF EXISTS i").await;
    assert_eq!(client.rows("SHOW INTEGRATIONS").await.len(), 1);
    client.run("DROP INTEGRATION i").await;
    assert!(client.rows("SHOW INTEGRATIONS").await.is_empty());
    platform.stop().await;
}

#[tokio::test]
async fn if_not_exists_requires_the_privilege_to_create() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE ROLE r; GRANT ROLE r TO USER admin").await;
    client.run("USE SECONDARY ROLES NONE; USE ROLE r").await;
    assert_eq!(client.refused("CREATE DATABASE IF NOT EXISTS d").await, "003001");
    platform.stop().await;
}
