//! Sessions: logins, expiry, renewal, retries and results.

use crate::client::{Client, platform, quick};
use crate::guide;
use axum::body::Body;
use http::Method;
use serde_json::json;
use spcs_local::Timing;
use std::io::Write;
use std::time::Duration;

#[tokio::test]
async fn a_login_with_a_wrong_password_or_account_fails() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let refused = Client::login(&platform, "ADMIN", "wrong", json!({})).await.err().unwrap();
    assert_eq!(refused["code"], "390100");
    let password = platform.status().password.clone();
    let other = json!({"ACCOUNT_NAME": "somebody"});
    assert!(Client::login(&platform, "ADMIN", &password, other).await.is_err());
    let named = json!({"ACCOUNT_NAME": "LOCAL"});
    assert!(Client::login(&platform, "admin", &password, named).await.is_ok());
    platform.stop().await;
}

#[tokio::test]
async fn an_expired_session_can_be_renewed_with_its_master_token() {
    let directory = tempfile::tempdir().unwrap();
    let timing = Timing { session_validity: Duration::ZERO, ..quick() };
    let platform = platform(directory.path(), timing).await;
    let client = Client::admin(&platform).await;
    assert_eq!(client.submit("SELECT 1").await["code"], "390112");
    let body = json!({"oldSessionToken": client.token, "requestType": "RENEW"});
    let renewed = client.post_as(&client.master, "/session/token-request", &body).await;
    assert_eq!(renewed["success"], true);
    assert_ne!(renewed["data"]["sessionToken"], client.token.as_str());
    let unknown = client.post_as("nonsense", "/session/token-request", &body).await;
    assert_eq!(unknown["code"], "390114");
    platform.stop().await;
}

#[tokio::test]
async fn a_request_sent_twice_runs_once() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let path = "/queries/v1/query-request?requestId=one";
    let body = json!({"sqlText": "CREATE DATABASE d"});
    let first = client.post(path, &body).await;
    let second = client.post(path, &body).await;
    assert_eq!(first["success"], true);
    assert_eq!(first["data"]["queryId"], second["data"]["queryId"]);
    platform.stop().await;
}

#[tokio::test]
async fn the_effect_of_use_is_reported_and_lasts_for_the_session() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d; CREATE WAREHOUSE w; CREATE SCHEMA s").await;
    let answer = client.submit("USE ROLE SYSADMIN").await;
    assert_eq!(answer["data"]["finalRoleName"], "SYSADMIN");
    assert_eq!(answer["data"]["finalSchemaName"], "S");
    assert_eq!(answer["data"]["finalWarehouseName"], "W");
    let row = &client.rows("SELECT CURRENT_ROLE() AS r, CURRENT_DATABASE(), 'a' || 'b' x").await[0];
    assert_eq!(row["R"], "SYSADMIN");
    assert_eq!(row["CURRENT_DATABASE()"], "D");
    assert_eq!(row["X"], "ab");
    platform.stop().await;
}

#[tokio::test]
async fn a_login_can_be_gzipped_and_an_issued_token_works_for_the_registry() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let login = json!({"data": {"ACCOUNT_NAME": "spcs-local", "LOGIN_NAME": "ADMIN",
        "PASSWORD": platform.status().password}});
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(login.to_string().as_bytes()).unwrap();
    let request = client
        .request(Method::POST, "/session/v1/login-request")
        .header("Content-Encoding", "gzip")
        .header("Content-Type", "application/json")
        .body(Body::from(gzip.finish().unwrap()))
        .unwrap();
    let (_, body) = client.send(request).await;
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["success"], true);

    let body = json!({"oldSessionToken": client.token, "requestType": "ISSUE"});
    let issued = client.post_as(&client.master, "/session/token-request", &body).await;
    let token = issued["data"]["sessionToken"].as_str().unwrap();
    let request = client
        .request(Method::GET, "/v2/")
        .header("Authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(client.send(request).await.0, 200);
    platform.stop().await;
}

#[tokio::test]
async fn revoking_a_role_and_dropping_a_user_take_effect_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE DATABASE d; CREATE ROLE r; GRANT USAGE ON DATABASE d TO ROLE r;
             CREATE USER u PASSWORD='p' DEFAULT_ROLE=r; GRANT ROLE r TO USER u",
        )
        .await;
    let user = Client::login(&platform, "u", "p", json!({})).await.unwrap();
    user.run("USE DATABASE d; ALTER USER u SET PASSWORD='q'").await;
    assert!(Client::login(&platform, "u", "p", json!({})).await.is_err());
    client.run("REVOKE ROLE r FROM USER u").await;
    assert_eq!(user.refused("USE DATABASE d").await, "002043");
    client.run("DROP USER u").await;
    assert_eq!(user.submit("SELECT 1").await["code"], "390112");
    platform.stop().await;
}

#[tokio::test]
async fn a_container_logs_in_with_its_token_as_the_role_that_owns_its_service() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    guide::deploy(&platform, &client).await;
    let inside = Client::inside(&platform, &client, "JUPYTER").await;
    assert_eq!(inside.cell("SELECT CURRENT_ROLE()").await, "SYSADMIN");
    assert_eq!(inside.cell("SELECT CURRENT_DATABASE()").await, "MILVUS_DEMO");
    assert_eq!(inside.refused("USE ROLE ACCOUNTADMIN").await, "003013");
    platform.stop().await;
}

#[tokio::test]
async fn a_request_runs_several_statements_if_it_states_their_number() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let body = json!({"sqlText": "CREATE DATABASE d; SELECT 7",
        "parameters": {"MULTI_STATEMENT_COUNT": 2}});
    let answer = client.post("/queries/v1/query-request?requestId=m", &body).await;
    let ids = answer["data"]["resultIds"].as_str().unwrap();
    let second = ids.split(',').nth(1).unwrap();
    let request = client
        .request(Method::GET, &format!("/queries/{second}/result"))
        .header("Authorization", format!("Snowflake Token=\"{}\"", client.token))
        .body(Body::empty())
        .unwrap();
    let (_, body) = client.send(request).await;
    let result: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(result["data"]["rowset"][0][0], "7");
    platform.stop().await;
}

#[tokio::test]
async fn host_names_below_localhost_are_routed_to_the_ingress() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    for (host, expected) in
        [("127.0.0.1", "ok"), ("spcs-local.localhost:1", ""), ("x.localhost", "")]
    {
        let request = client
            .request(Method::GET, "/healthz")
            .header("Host", host)
            .body(Body::empty())
            .unwrap();
        let (_, body) = client.send(request).await;
        assert_eq!(body == b"ok", expected == "ok", "{host}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_result_belongs_to_its_user_and_the_number_of_statements_must_match() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let (one, other) = (Client::admin(&platform).await, Client::admin(&platform).await);
    let answer = one.submit("SELECT 'x'").await;
    let id = answer["data"]["queryId"].as_str().unwrap();
    let scanned = other.cell(&format!("SELECT * FROM TABLE(RESULT_SCAN('{id}'))")).await;
    assert_eq!(scanned, "x");
    let several = async |text: &str, count: i64| {
        let request = json!({"sqlText": text, "parameters": {"MULTI_STATEMENT_COUNT": count}});
        let path = format!("/queries/v1/query-request?requestId={}", uuid::Uuid::new_v4());
        one.post(&path, &request).await
    };
    assert_eq!(several("SELECT 1", 2).await["code"], "000008");
    let scan = "SELECT 'y'; SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))";
    let answer = several(scan, 2).await;
    let children: Vec<_> = answer["data"]["resultIds"].as_str().unwrap().split(',').collect();
    let request = one
        .request(Method::GET, &format!("/queries/{}/result", children[1]))
        .header("Authorization", format!("Snowflake Token=\"{}\"", one.token))
        .body(Body::empty())
        .unwrap();
    let second: serde_json::Value = serde_json::from_slice(&one.send(request).await.1).unwrap();
    assert_eq!(second["data"]["rowset"][0][0], "y");
    platform.stop().await;
}

#[tokio::test]
async fn the_identity_endpoint_rejects_requests_of_web_pages() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let ask = async |host: &str| {
        let path = spcs_local::IDENTITY_PATH;
        let request = client.request(Method::GET, path).header("Host", host);
        let (_, body) = client.send(request.body(Body::empty()).unwrap()).await;
        serde_json::from_slice::<spcs_local::PlatformIdentity>(&body).ok()
    };
    let state_dir = platform.status().state_dir.clone();
    let identity = spcs_local::PlatformIdentity { state_dir };
    assert_eq!(ask("127.0.0.1:8462").await, Some(identity));
    assert_eq!(ask("rebound.example").await, None);
    platform.stop().await;
}
