//! SHOW and its clauses, and the values of properties and expressions.

use crate::client::{Client, platform, quick};

#[tokio::test]
async fn show_lists_no_objects_of_kinds_that_cannot_be_created() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d").await;
    for kind in [
        "TABLES",
        "VIEWS",
        "PROCEDURES",
        "USER FUNCTIONS",
        "SEQUENCES",
        "FILE FORMATS",
        "TASKS",
        "STREAMS",
        "PIPES",
    ] {
        let answer = client.submit(&format!("SHOW {kind} LIKE '%' IN DATABASE d")).await;
        assert_eq!(answer["success"], true, "{kind}: {answer}");
        assert!(answer["data"]["rowset"].as_array().unwrap().is_empty(), "{kind}");
        let columns = answer["data"]["rowtype"].to_string();
        for column in ["created_on", "name", "schema_name"] {
            assert!(columns.contains(&format!("\"{column}\"")), "{kind}: {columns}");
        }
        assert_eq!(client.refused(&format!("SHOW {kind} IN DATABASE nope")).await, "002043");
    }
    platform.stop().await;
}

#[tokio::test]
async fn unsupported_clauses_options_and_parameters_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE WAREHOUSE w").await;
    for (sql, code) in [
        ("SHOW TERSE DATABASES", "000002"),
        ("SHOW WAREHOUSES IN SCHEMA no.such", "001003"),
        ("SHOW ROLES LIKE 'x' IN SERVICE s", "001003"),
        ("SHOW STAGES IN COMPUTE POOL p", "001003"),
        ("SHOW ENDPOINTS LIKE 'x' IN SERVICE s", "001003"),
        ("SHOW SERVICE INSTANCES IN SERVICE s LIMIT 1", "001003"),
        ("SHOW PARAMETERS LIMIT 1", "001003"),
        ("SHOW PARAMETERS IN WAREHOUSE w", "000002"),
        ("CREATE TEMPORARY STAGE d.public.t", "000002"),
        ("CREATE TRANSIENT DATABASE t", "000002"),
        ("SELECT SYSTEM$GET_SERVICE_STATUS('s', 'soon')", "001003"),
        ("ALTER SESSION SET NO_SUCH_PARAMETER = 1", "001420"),
        ("ALTER SESSION UNSET NO_SUCH_PARAMETER", "001420"),
    ] {
        assert_eq!(client.refused(sql).await, code, "{sql}");
    }
    assert!(client.rows("SHOW API INTEGRATIONS").await.is_empty());
    platform.stop().await;
}

#[tokio::test]
async fn show_parameters_in_account_ignores_the_session() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("ALTER SESSION SET QUERY_TAG = 'mine'").await;
    let value = async |place: &str| {
        let rows = client.rows(&format!("SHOW PARAMETERS LIKE 'QUERY_TAG' {place}")).await;
        rows[0]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(value("").await, "mine");
    assert_eq!(value("IN SESSION").await, "mine");
    assert_eq!(value("IN ACCOUNT").await, "");
    platform.stop().await;
}

#[tokio::test]
async fn show_grants_without_a_name_lists_the_roles_of_the_user() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE ROLE r; GRANT ROLE r TO USER admin").await;
    let rows = client.rows("SHOW GRANTS").await;
    let roles: Vec<_> = rows.iter().map(|row| row["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["ACCOUNTADMIN", "R"]);
    assert_eq!(client.rows("SHOW GRANTS LIMIT 1").await.len(), 1);
    assert_eq!(client.rows("SHOW GRANTS TO ROLE ACCOUNTADMIN LIMIT 2").await.len(), 2);
    platform.stop().await;
}

#[tokio::test]
async fn the_grant_option_can_be_revoked_alone() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE ROLE r; CREATE DATABASE d; GRANT USAGE ON DATABASE d TO ROLE r WITH GRANT OPTION;
             REVOKE GRANT OPTION FOR USAGE ON DATABASE d FROM ROLE r",
        )
        .await;
    let rows = client.rows("SHOW GRANTS TO ROLE r").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["grant_option"], "false");
    for sql in [
        "GRANT ROLE r TO USER admin WITH GRANT OPTION",
        "REVOKE GRANT OPTION FOR ROLE r FROM USER admin",
        "GRANT USAGE ON DATABASE d TO ROLE d.r",
    ] {
        assert_eq!(client.refused(sql).await, "001003", "{sql}");
    }
    let cascade = "REVOKE USAGE ON DATABASE d FROM ROLE r CASCADE";
    assert_eq!(client.refused(cascade).await, "000002");
    platform.stop().await;
}

#[tokio::test]
async fn select_returns_numbers_and_strings_as_written() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let answer = client.submit(r"SELECT -1.50, 7, '\u00e9\x41\users', 'a' || 'b' || NULL").await;
    let row = &answer["data"]["rowset"][0];
    assert_eq!(*row, serde_json::json!(["-1.50", "7", "éAusers", null]));
    assert_eq!(answer["data"]["rowtype"][0]["scale"], 2);
    assert_eq!(answer["data"]["rowtype"][1]["scale"], 0);
    for (sql, code) in
        [("SELECT 1.2.3", "001003"), ("SELECT 1e5", "000002"), ("SELECT  CURRENT_DATE", "000904")]
    {
        assert_eq!(client.refused(sql).await, code, "{sql}");
    }
    let message = client.submit("SELECT 1,\n nope").await["message"].to_string();
    assert!(message.contains("error line 2 at position 1"), "{message}");
    let deep = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(client.refused(&deep).await, "001003");
    let long = format!("SELECT 'a'{}", "||'a'".repeat(10_000));
    assert_eq!(client.cell(&long).await.len(), 10_001);
    platform.stop().await;
}

#[tokio::test]
async fn names_in_properties_keep_their_quotes() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE DATABASE d; CREATE NETWORK RULE \"r.x\" TYPE=HOST_PORT MODE=EGRESS
             VALUE_LIST=('pypi.org');
             CREATE EXTERNAL ACCESS INTEGRATION e ALLOWED_NETWORK_RULES=(\"r.x\") ENABLED=TRUE;
             ALTER EXTERNAL ACCESS INTEGRATION e SET ENABLED=FALSE;
             CREATE ROLE \"low\"; CREATE USER u PASSWORD='p' DEFAULT_ROLE=\"low\";
             GRANT ROLE \"low\" TO USER u",
        )
        .await;
    let user = Client::login(&platform, "u", "p", serde_json::json!({})).await.unwrap();
    assert_eq!(user.cell("SELECT CURRENT_ROLE()").await, "low");
    platform.stop().await;
}

#[tokio::test]
async fn properties_for_create_only_cannot_be_altered() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE DATABASE d; CREATE STAGE s; CREATE WAREHOUSE w;
             CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S;
             CREATE NETWORK RULE r TYPE=HOST_PORT MODE=EGRESS VALUE_LIST=('pypi.org')",
        )
        .await;
    for sql in [
        "ALTER COMPUTE POOL p SET INITIALLY_SUSPENDED=TRUE",
        "ALTER COMPUTE POOL p SET INSTANCE_FAMILY=CPU_X64_M",
        "ALTER WAREHOUSE w SET INITIALLY_SUSPENDED=TRUE",
        "ALTER STAGE s SET ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
        "ALTER NETWORK RULE r SET MODE=INGRESS",
        "ALTER NETWORK RULE r UNSET TYPE",
    ] {
        assert_eq!(client.refused(sql).await, "001003", "{sql}");
    }
    let encrypted = "CREATE OR ALTER STAGE s ENCRYPTION=(TYPE='SNOWFLAKE_SSE')";
    assert_eq!(client.refused(encrypted).await, "000002");
    client.run("CREATE OR ALTER WAREHOUSE w INITIALLY_SUSPENDED=TRUE").await;
    assert_eq!(client.rows("SHOW WAREHOUSES").await[0]["state"], "STARTED");
    let many = "CREATE COMPUTE POOL q MIN_NODES=1 MAX_NODES=121 INSTANCE_FAMILY=CPU_X64_S";
    assert_eq!(client.refused(many).await, "001008");
    platform.stop().await;
}
