//! Passwords and secrets, which are never shown.

use crate::client::{Client, Row, platform, quick, text};

#[tokio::test]
async fn the_query_history_contains_no_passwords() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    for (sql, kept) in [
        ("CREATE USER u PASSWORD='hush' EMAIL='e'", "CREATE USER u PASSWORD='********' EMAIL='e'"),
        ("ALTER USER u SET PASSWORD = $$hush$$", "ALTER USER u SET PASSWORD = '********'"),
        ("CREATE USER v PASSWORD='hush", "********"),
    ] {
        let answer = client.submit(sql).await;
        let query = client.history(answer["data"]["queryId"].as_str().unwrap()).await;
        assert_eq!(query["sqlText"], kept);
    }
    platform.stop().await;
}

#[tokio::test]
async fn statements_on_a_secret_never_show_its_value() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d").await;
    let mut seen = String::new();
    for sql in [
        "CREATE SECRET key TYPE = GENERIC_STRING SECRET_STRING = 'hush' COMMENT = 'c'",
        "CREATE OR REPLACE SECRET login TYPE = PASSWORD USERNAME = 'me' PASSWORD = 'hush'",
        "CREATE SECRET IF NOT EXISTS key TYPE = GENERIC_STRING SECRET_STRING = 'hush'",
        "CREATE SECRET d.public.sym TYPE = SYMMETRIC_KEY ALGORITHM = GENERIC",
        "ALTER SECRET key SET SECRET_STRING = 'hush, too' COMMENT = 'd'",
        "ALTER SECRET key UNSET COMMENT",
        "SHOW SECRETS",
        "DESCRIBE SECRET login",
        "DESC SECRET key",
    ] {
        let answer = client.submit(sql).await;
        assert_eq!(answer["success"], true, "{sql}: {answer}");
        let query = client.history(answer["data"]["queryId"].as_str().unwrap()).await;
        seen += &format!("{answer}{query}");
    }
    assert!(!seen.contains("hush"), "{seen}");
    let rows = client.rows("SHOW SECRETS IN SCHEMA d.public").await;
    let listed: Vec<_> =
        rows.iter().map(|row| (text(row, "name"), text(row, "secret_type"))).collect();
    let all = [("KEY", "GENERIC_STRING"), ("LOGIN", "PASSWORD"), ("SYM", "SYMMETRIC_KEY")];
    assert_eq!(listed, all);
    assert_eq!(text(&client.rows("DESCRIBE SECRET login").await[0], "username"), "me");
    client.run("DROP SECRET key").await;
    assert_eq!(client.refused("DESCRIBE SECRET key").await, "002043");
    platform.stop().await;
}

#[tokio::test]
async fn a_secret_must_have_exactly_the_properties_of_its_type() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE SECRET s TYPE=GENERIC_STRING SECRET_STRING='x'").await;
    for (sql, code) in [
        ("CREATE SECRET t SECRET_STRING = 'x'", "002029"),
        ("CREATE SECRET t TYPE = GENERIC_STRING", "002029"),
        ("CREATE SECRET t TYPE = PASSWORD PASSWORD = 'x'", "002029"),
        ("CREATE SECRET t TYPE = GENERIC_STRING SECRET_STRING = 'x' USERNAME = 'u'", "001420"),
        ("CREATE SECRET t TYPE = OAUTH2 API_AUTHENTICATION = i OAUTH_SCOPES = ('a')", "000002"),
        ("CREATE SECRET t TYPE = OTHER", "001003"),
        ("CREATE SECRET s TYPE = GENERIC_STRING SECRET_STRING = 'x'", "002002"),
        ("ALTER SECRET s SET TYPE = PASSWORD", "001003"),
        ("ALTER SECRET s SET USERNAME = 'u'", "001420"),
        ("ALTER SECRET s UNSET SECRET_STRING", "002029"),
        ("GRANT MODIFY ON SECRET s TO ROLE public", "001003"),
    ] {
        assert_eq!(client.refused(sql).await, code, "{sql}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_secret_is_visible_only_to_roles_with_privileges_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE DATABASE d; CREATE SECRET s TYPE=GENERIC_STRING SECRET_STRING='x';
             CREATE ROLE r; GRANT ROLE r TO USER admin; USE SECONDARY ROLES NONE;
             GRANT USAGE ON DATABASE d TO ROLE r; GRANT USAGE ON SCHEMA d.public TO ROLE r;
             USE ROLE r",
        )
        .await;
    assert!(client.rows("SHOW SECRETS IN DATABASE d").await.is_empty());
    let create = "CREATE SECRET d.public.t TYPE=GENERIC_STRING SECRET_STRING='x'";
    assert_eq!(client.refused(create).await, "003001");
    client
        .run(
            "USE ROLE ACCOUNTADMIN; GRANT READ ON SECRET d.public.s TO ROLE r;
             GRANT CREATE SECRET ON SCHEMA d.public TO ROLE r; USE ROLE r",
        )
        .await;
    assert_eq!(client.rows("SHOW SECRETS IN DATABASE d").await.len(), 1);
    let alter = "ALTER SECRET d.public.s SET COMMENT = 'c'";
    assert_eq!(client.refused(alter).await, "003001");
    client.run(create).await;
    client.run("USE ROLE ACCOUNTADMIN; GRANT OWNERSHIP ON SECRET d.public.s TO ROLE r").await;
    client.run("USE ROLE r").await;
    client.run(alter).await;
    platform.stop().await;
}

#[tokio::test]
async fn an_integration_can_allow_only_existing_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE DATABASE d; CREATE SECRET s TYPE=GENERIC_STRING SECRET_STRING='x';
             CREATE NETWORK RULE n TYPE=HOST_PORT MODE=EGRESS VALUE_LIST=('pypi.org')",
        )
        .await;
    let create = |secrets: &str| {
        format!(
            "CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION i ALLOWED_NETWORK_RULES=(n) \
             ALLOWED_AUTHENTICATION_SECRETS=({secrets}) ENABLED=TRUE"
        )
    };
    assert_eq!(client.refused(&create("nope")).await, "002003");
    assert_eq!(client.refused(&create("s, none")).await, "002003");
    for (secrets, kept) in [("s", "D.PUBLIC.S"), ("all", "ALL"), ("none", "NONE")] {
        client.run(&create(secrets)).await;
        let rows = client.rows("DESCRIBE EXTERNAL ACCESS INTEGRATION i").await;
        let named = |row: &&Row| text(row, "property") == "ALLOWED_AUTHENTICATION_SECRETS";
        assert_eq!(text(rows.iter().find(named).unwrap(), "property_value"), kept);
    }
    platform.stop().await;
}
