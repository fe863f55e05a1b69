//! What is too large is refused with a word, and the platform goes on.

use std::io::Write;

use axum::body::Body;
use flate2::{Compression, write::GzEncoder};
use http::Method;
use serde_json::{Value, json};
use spcs_local::Platform;

use crate::client::{Client, platform, quick};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

async fn send(client: &Client, path: &str, body: Vec<u8>) -> Value {
    let request = client
        .request(Method::POST, path)
        .header("Authorization", format!("Snowflake Token=\"{}\"", client.token))
        .header("Content-Type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let (status, body) = client.send(request).await;
    assert_eq!(status, 200, "{path}");
    serde_json::from_slice(&body).unwrap()
}

async fn start() -> (tempfile::TempDir, Platform, Client) {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    (directory, platform, client)
}

const LOGIN: &str = "/session/v1/login-request";
const RENEWAL: &str = "/session/token-request";
const QUERY: &str = "/queries/v1/query-request";

#[tokio::test]
async fn a_body_that_unpacks_to_more_than_its_request_may_have_is_refused() {
    let (_directory, platform, client) = start().await;
    for (path, size) in [(LOGIN, 1 << 20), (RENEWAL, 1 << 20), (QUERY, 8 << 20)] {
        let text = format!("{{\"data\": [{}0]}}", "0,".repeat(size / 2));
        for body in [gzip(text.as_bytes()), text.into_bytes()] {
            let answer = send(&client, path, body).await;
            assert_eq!(answer["success"], false, "{path}");
            assert_eq!(answer["code"], "390104", "{path}: {}", answer["message"]);
        }
    }
    assert_eq!(client.cell("SELECT 1").await, "1");
    platform.stop().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_the_reason() {
    let (_directory, platform, client) = start().await;
    let mut cut = gzip(br#"{"sqlText": "SELECT 1"}"#);
    cut.truncate(cut.len() - 12);
    for (path, body) in [
        (LOGIN, b"{".to_vec()),
        (QUERY, cut),
        (QUERY, "[".repeat(100_000).into_bytes()),
        (QUERY, br#"{"sqlText": "SELECT 1", "bindings": [1]}"#.to_vec()),
    ] {
        let answer = send(&client, path, body).await;
        assert_eq!(answer["code"], "391902", "{path}: {}", answer["message"]);
    }
    platform.stop().await;
}

#[tokio::test]
async fn large_values_are_bound_up_to_the_limit_of_a_request() {
    let (_directory, platform, client) = start().await;
    let ask = async |size: usize| {
        let value = json!({"1": {"type": "TEXT", "value": "x".repeat(size)}});
        client.post(QUERY, &json!({"sqlText": "SELECT ?", "bindings": value})).await
    };
    let answer = ask(3 << 20).await;
    assert_eq!(answer["data"]["rowset"][0][0].as_str().map(str::len), Some(3 << 20));
    let answer = ask(5 << 20).await;
    assert!(answer["message"].as_str().unwrap().contains("larger than 4194304 bytes"), "{answer}");
    platform.stop().await;
}

#[tokio::test]
async fn sql_that_is_too_long_is_refused_and_not_kept() {
    let (_directory, platform, client) = start().await;
    let answer = client.submit(&format!("SELECT 1 -- {}", "x".repeat(2 << 20))).await;
    assert_eq!(answer["code"], "001003", "{answer}");
    let many = json!({"sqlText": "SELECT 1;".repeat(50_000),
        "parameters": {"MULTI_STATEMENT_COUNT": 0}});
    let answer = client.post(QUERY, &many).await;
    assert_eq!(answer["code"], "001003", "{answer}");
    platform.stop().await;
}

#[tokio::test]
async fn a_deeply_nested_specification_does_not_end_the_platform() {
    let (_directory, platform, client) = start().await;
    client
        .run(
            "CREATE DATABASE d; CREATE ROLE r; GRANT ROLE r TO USER admin;
             GRANT USAGE ON DATABASE d TO ROLE r; GRANT USAGE ON SCHEMA d.public TO ROLE r;
             GRANT CREATE SERVICE ON SCHEMA d.public TO ROLE r;
             CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S;
             GRANT USAGE ON COMPUTE POOL p TO ROLE r; USE ROLE r; USE SCHEMA d.public",
        )
        .await;
    let spec = format!("spec:\n  containers: {}{}\n", "[".repeat(60), "]".repeat(60));
    let sql = format!("CREATE SERVICE s IN COMPUTE POOL p FROM SPECIFICATION $${spec}$$");
    assert_eq!(client.refused(&sql).await, "395018");
    assert_eq!(client.cell("SELECT 1").await, "1");
    platform.stop().await;
}

#[tokio::test]
async fn an_abort_ends_a_request_of_many_statements_between_two_of_them() {
    let (_directory, platform, client) = start().await;
    client.run("CREATE DATABASE d").await;
    let text: String = (0..1000).map(|n| format!("CREATE STAGE s{n};")).collect();
    let request = json!({"sqlText": text, "asyncExec": true,
        "parameters": {"MULTI_STATEMENT_COUNT": 0}});
    let answer = client.post("/queries/v1/query-request?requestId=many", &request).await;
    let id = answer["data"]["queryId"].as_str().unwrap();
    while client.rows("SHOW STAGES").await.is_empty() {}
    let aborted = client.post("/queries/v1/abort-request", &json!({"requestId": "many"})).await;
    assert_eq!(aborted["success"], true, "{aborted}");
    assert_eq!(client.history(id).await["errorCode"], "000604");
    // A statement that had begun may still complete; then nothing follows.
    let mut made = client.rows("SHOW STAGES").await.len();
    loop {
        client.run("CREATE OR REPLACE ROLE after").await;
        let now = client.rows("SHOW STAGES").await.len();
        if now == made {
            break;
        }
        made = now;
    }
    assert!(made < 1000, "all statements ran");
    platform.stop().await;
}
