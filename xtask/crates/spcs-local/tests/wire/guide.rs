//! The statements of Milvus's guide to SPCS, as written there.

use crate::client::{Client, Row, platform, quick, stage_directories, text};
use serde_json::{Value, json};
use spcs_local::Platform;
use std::time::Duration;

/// The password for the guide's `${PASSWORD}`. The user exists only during a test.
const PASSWORD: &str = "Made-up-4-a-test";

/// The guide's statements. The tests with the Python connectors run the same file.
const GUIDE: &str = include_str!("../../../../../tests/it/third_parties/guide.sql");

/// Splits a text at two marks.
fn parts(text: &'static str, from: &str, to: &str) -> [&'static str; 3] {
    let start = text.find(from).unwrap_or_else(|| panic!("the guide lacks {from:?}"));
    let end = start
        + text[start..].find(to).unwrap_or_else(|| panic!("the guide lacks {to:?} after {from:?}"));
    [&text[..start], &text[start..end], &text[end..]]
}

/// The parts of the guide: before PUT, creating services, showing services, and the clean-up.
fn guide() -> [&'static str; 4] {
    let [_, statements, rest] = parts(GUIDE, "USE ROLE", "PUT ");
    let [_, services, rest] = parts(rest, "USE ROLE", "SHOW SERVICES");
    let [_, showing, clean_up] = parts(rest, "SHOW SERVICES", "USE ROLE ACCOUNTADMIN;\nDROP USER");
    [statements, services, showing, clean_up]
}

pub(crate) const MILVUS: &str = r#"
spec:
  containers:
  - name: milvus
    image: /milvus_demo/public/milvus_repo/milvus:latest
    env:
      SPCS_SPEC_DIGEST: 0123456789abcdef
  endpoints:
  - name: milvus
    port: 19530
    protocol: TCP
"#;

const JUPYTER: &str = r#"
spec:
  containers:
  - name: jupyter
    image: /milvus_demo/public/milvus_repo/jupyter:latest
    volumeMounts:
    - name: files
      mountPath: /files
  endpoints:
  - name: jupyter
    port: 8888
    public: true
  volumes:
  - name: files
    source: "@files"
"#;

/// Runs the guide up to running services.
pub(crate) async fn deploy(platform: &Platform, client: &Client) {
    let [statements, services, ..] = guide();
    client.run(&statements.replace("${PASSWORD}", PASSWORD)).await;
    for image in ["milvus", "jupyter"] {
        client.push(platform, &format!("milvus_demo/public/milvus_repo/{image}")).await;
    }
    client.put("@yaml_stage", "milvus.yaml", MILVUS).await;
    client.put("@yaml_stage", "jupyter.yaml", JUPYTER).await;
    client.run(services).await;
    for service in ["MILVUS", "JUPYTER"] {
        until_ready(client, service).await;
    }
}

/// Waits until a service is running and all its instances are ready.
pub(crate) async fn until_ready(client: &Client, service: &str) -> Vec<Row> {
    let sql = format!("SHOW SERVICE INSTANCES IN SERVICE MILVUS_DEMO.PUBLIC.{service}");
    let wait = async {
        loop {
            let rows = client.rows(&sql).await;
            let ready = |row: &Row| {
                text(row, "status") == "READY" && text(row, "service_status") == "RUNNING"
            };
            if !rows.is_empty() && rows.iter().all(ready) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("ready in time")
}

#[tokio::test]
async fn every_statement_of_the_guide_works_and_its_clean_up_leaves_one_integration() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    deploy(&platform, &client).await;

    let status: Value =
        serde_json::from_str(&client.cell("CALL SYSTEM$GET_SERVICE_STATUS('milvus');").await)
            .unwrap();
    assert_eq!(status[0]["status"], "READY", "{status}");
    assert_eq!(status[0]["serviceName"], "MILVUS");
    let [.., showing, clean_up] = guide();
    client.run(showing).await;
    let endpoints = client.rows("SHOW ENDPOINTS IN SERVICE MILVUS_DEMO.PUBLIC.JUPYTER;").await;
    let port = platform.status().port;
    let url = text(&endpoints[0], "ingress_url");
    assert!(url.ends_with(&format!("-spcs-local.localhost:{port}")), "{url}");

    let services = client.rows("SHOW SERVICES;").await;
    let names: Vec<&str> = services.iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, ["JUPYTER", "MILVUS"]);
    assert_eq!(text(&services[0], "owner"), "SYSADMIN");
    let described = client.rows("DESCRIBE SERVICE MILVUS").await;
    let spec = text(&described[0], "spec");
    assert!(spec.contains("SPCS_SPEC_DIGEST") && spec.contains("@sha256:"), "{spec}");

    client.run(clean_up).await;
    for list in ["SERVICES", "COMPUTE POOLS", "WAREHOUSES", "IMAGE REPOSITORIES IN ACCOUNT"] {
        assert!(client.rows(&format!("SHOW {list}")).await.is_empty(), "{list}");
    }
    let left = client.rows("SHOW INTEGRATIONS").await;
    assert_eq!(text(&left[0], "name"), "ALLOW_ALL_EAI", "the guide does not drop its integration");
    assert_eq!(stage_directories(directory.path()), Vec::<std::path::PathBuf>::new());
    platform.stop().await;
}

#[tokio::test]
async fn an_endpoint_requires_the_service_role_and_not_usage_on_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    deploy(&platform, &client).await;
    client.run("USE ROLE SECURITYADMIN; GRANT USAGE ON SERVICE MILVUS_DEMO.PUBLIC.JUPYTER TO ROLE MILVUS_ROLE").await;
    let rows = client.rows("SHOW ENDPOINTS IN SERVICE MILVUS_DEMO.PUBLIC.JUPYTER").await;
    let host = text(&rows[0], "ingress_url").to_owned();
    let user = Client::login(&platform, "milvus_user", PASSWORD, json!({})).await.unwrap();
    let get = async || {
        let request = user
            .request(http::Method::GET, "/")
            .header("Host", &host)
            .header("Authorization", format!("Snowflake Token=\"{}\"", user.token))
            .body(axum::body::Body::empty())
            .unwrap();
        user.send(request).await.0
    };
    assert_eq!(get().await, 403);
    client
        .run(
            "GRANT SERVICE ROLE MILVUS_DEMO.PUBLIC.JUPYTER!ALL_ENDPOINTS_USAGE TO ROLE MILVUS_ROLE",
        )
        .await;
    // Access is granted, but the fake container does not respond.
    assert_ne!(get().await, 403);
    client.run("REVOKE SERVICE ROLE MILVUS_DEMO.PUBLIC.JUPYTER!ALL_ENDPOINTS_USAGE FROM ROLE MILVUS_ROLE").await;
    assert_eq!(get().await, 403);
    platform.stop().await;
}
