//! Access control, and Snowflake's error codes.

use crate::client::{Client, platform, quick, text};
use crate::guide;
use serde_json::json;

#[tokio::test]
async fn errors_have_snowflakes_codes() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d").await;
    for (sql, code) in [
        ("CREATE DATABASE d", "002002"),
        ("DROP STAGE nope", "002003"),
        ("DESCRIBE STAGE nope", "002043"),
        ("SHOW STAGES IN SCHEMA d.nope", "002043"),
        ("USE DATABASE nope", "002043"),
        ("USE ROLE nope", "002043"),
        ("GRANT ROLE nope TO USER admin", "002003"),
        ("GRANT FLY ON DATABASE d TO ROLE public", "001003"),
        ("CREATE TABLE t (a int)", "001003"),
        ("SELECT nope()", "002140"),
        ("CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=NOPE", "001008"),
        ("CREATE COMPUTE POOL p MIN_NODES=1", "002029"),
        ("CREATE STAGE d.public.s; DROP STAGE d.public.s", "000008"),
        ("DROP ROLE ACCOUNTADMIN", "003001"),
        ("", "000900"),
    ] {
        assert_eq!(client.refused(sql).await, code, "{sql}");
    }
    assert!(client.rows("SHOW COMPUTE POOLS").await.is_empty());
    platform.stop().await;
}

#[tokio::test]
async fn a_role_can_see_and_do_only_what_it_was_granted() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE ROLE r; CREATE USER u PASSWORD='p' DEFAULT_ROLE=r; GRANT ROLE r TO USER u;
             USE ROLE SYSADMIN; CREATE DATABASE d; CREATE STAGE s; CREATE STAGE other",
        )
        .await;
    let user = Client::login(&platform, "u", "p", json!({})).await.unwrap();
    assert_eq!(user.refused("LIST @d.public.s").await, "002003");
    assert!(user.rows("SHOW DATABASES LIKE 'd'").await.is_empty());
    client
        .run(
            "GRANT USAGE ON DATABASE d TO ROLE r; GRANT USAGE ON SCHEMA d.public TO ROLE r;
             GRANT READ ON STAGE d.public.s TO ROLE r",
        )
        .await;
    assert!(user.rows("LIST @d.public.s").await.is_empty());
    assert_eq!(user.refused("REMOVE @d.public.s").await, "003001");
    assert_eq!(user.refused("PUT file:///a @d.public.s").await, "003001");
    assert_eq!(user.refused("DROP STAGE d.public.s").await, "003001");
    assert_eq!(user.refused("DROP STAGE d.public.other").await, "002003");
    assert_eq!(user.refused("CREATE STAGE d.public.mine").await, "003001");
    assert_eq!(user.refused("CREATE ROLE x").await, "003001");
    assert_eq!(user.refused("USE ROLE SYSADMIN").await, "003013");
    assert_eq!(user.refused("GRANT READ ON STAGE d.public.s TO ROLE PUBLIC").await, "003001");
    let stages = user.rows("SHOW STAGES IN ACCOUNT").await;
    assert_eq!(stages.len(), 1);
    assert_eq!(text(&stages[0], "name"), "S");
    client.run("REVOKE READ ON STAGE d.public.s FROM ROLE r").await;
    assert_eq!(user.refused("LIST @d.public.s").await, "002003");
    platform.stop().await;
}

#[tokio::test]
async fn creating_a_service_requires_every_privilege_that_spcs_requires() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    guide::deploy(&platform, &client).await;
    client.run("USE ROLE ACCOUNTADMIN").await;
    let create = |name: &str, public: bool| {
        format!(
            "CREATE SERVICE milvus_demo.public.{name} IN COMPUTE POOL MILVUS_COMPUTE_POOL FROM \
             SPECIFICATION $${{\"spec\":{{\"containers\":[{{\"name\":\"a\",\"image\":\
             \"/milvus_demo/public/milvus_repo/milvus:latest\"}}],\"endpoints\":[{{\"name\":\"e\",\
             \"port\":80,\"public\":{public}}}]}}}}$$"
        )
    };
    assert_eq!(client.refused(&create("a", false)).await, "003001", "owned by ACCOUNTADMIN");
    client
        .run(
            "CREATE ROLE maker; GRANT ROLE maker TO USER admin;
             GRANT USAGE ON DATABASE milvus_demo TO ROLE maker;
             GRANT USAGE ON SCHEMA milvus_demo.public TO ROLE maker;
             USE SECONDARY ROLES NONE; USE ROLE maker",
        )
        .await;
    for (grant, code) in [
        ("GRANT CREATE SERVICE ON SCHEMA milvus_demo.public", "003001"),
        ("GRANT USAGE ON COMPUTE POOL milvus_compute_pool", "002003"),
        ("GRANT READ ON IMAGE REPOSITORY milvus_demo.public.milvus_repo", "002003"),
        ("GRANT BIND SERVICE ENDPOINT ON ACCOUNT", "003001"),
    ] {
        client.run("USE ROLE maker").await;
        assert_eq!(client.refused(&create("a", true)).await, code, "before {grant}");
        client.run(&format!("USE ROLE ACCOUNTADMIN; {grant} TO ROLE maker")).await;
    }
    client.run(&format!("USE ROLE maker; {}", create("a", true))).await;
    assert_eq!(client.refused("DROP COMPUTE POOL milvus_compute_pool").await, "003001");
    client.run("USE ROLE SYSADMIN").await;
    assert_eq!(client.refused("DROP COMPUTE POOL milvus_compute_pool").await, "395020");
    platform.stop().await;
}
