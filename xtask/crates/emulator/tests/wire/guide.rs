//! The statements of Milvus's guide to SPCS, as its readers type them.

use crate::client::{Client, Row, platform, quick, text};
use emulator::Platform;
use serde_json::{Value, json};
use std::time::Duration;

/// What a reader puts in place of the guide's `${PASSWORD}`; the user lives as long as a test.
const PASSWORD: &str = "Made-up-4-a-test";

const ROLES: &str = "
USE ROLE ACCOUNTADMIN;
CREATE SECURITY INTEGRATION SNOWSERVICES_INGRESS_OAUTH
  TYPE=oauth
  OAUTH_CLIENT=snowservices_ingress
  ENABLED=true;
USE ROLE ACCOUNTADMIN;
GRANT BIND SERVICE ENDPOINT ON ACCOUNT TO ROLE SYSADMIN;
USE ROLE SECURITYADMIN;
CREATE ROLE MILVUS_ROLE;

USE ROLE USERADMIN;
CREATE USER milvus_user
  PASSWORD='${PASSWORD}'
  DEFAULT_ROLE = MILVUS_ROLE
  DEFAULT_SECONDARY_ROLES = ('ALL')
  MUST_CHANGE_PASSWORD = FALSE;

USE ROLE SECURITYADMIN;
GRANT ROLE MILVUS_ROLE TO USER milvus_user;
";

const STORAGE: &str = "
USE ROLE SYSADMIN;
CREATE OR REPLACE WAREHOUSE MILVUS_WAREHOUSE WITH
WAREHOUSE_SIZE='X-SMALL'
AUTO_SUSPEND = 180
AUTO_RESUME = true
INITIALLY_SUSPENDED=false;

USE ROLE SYSADMIN;
CREATE DATABASE IF NOT EXISTS MILVUS_DEMO;
USE DATABASE MILVUS_DEMO;
CREATE IMAGE REPOSITORY MILVUS_DEMO.PUBLIC.MILVUS_REPO;
CREATE OR REPLACE STAGE YAML_STAGE;
CREATE OR REPLACE STAGE DATA ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE');
CREATE OR REPLACE STAGE FILES ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE');

USE ROLE SECURITYADMIN;
GRANT ALL PRIVILEGES ON DATABASE MILVUS_DEMO TO MILVUS_ROLE;
GRANT ALL PRIVILEGES ON SCHEMA MILVUS_DEMO.PUBLIC TO MILVUS_ROLE;
GRANT ALL PRIVILEGES ON WAREHOUSE MILVUS_WAREHOUSE TO MILVUS_ROLE;
GRANT ALL PRIVILEGES ON STAGE MILVUS_DEMO.PUBLIC.FILES TO MILVUS_ROLE;

USE ROLE ACCOUNTADMIN;
USE DATABASE MILVUS_DEMO;
USE SCHEMA PUBLIC;
CREATE NETWORK RULE allow_all_rule
TYPE = 'HOST_PORT'
MODE= 'EGRESS'
VALUE_LIST = ('0.0.0.0:443','0.0.0.0:80');

CREATE EXTERNAL ACCESS INTEGRATION allow_all_eai
ALLOWED_NETWORK_RULES=(allow_all_rule)
ENABLED=TRUE;

GRANT USAGE ON INTEGRATION allow_all_eai TO ROLE SYSADMIN;
";

const POOLS: &str = "
USE ROLE SYSADMIN;
CREATE COMPUTE POOL IF NOT EXISTS MILVUS_COMPUTE_POOL
  MIN_NODES = 1
  MAX_NODES = 1
  INSTANCE_FAMILY = CPU_X64_S
  AUTO_RESUME = true;
CREATE COMPUTE POOL IF NOT EXISTS JUPYTER_COMPUTE_POOL
  MIN_NODES = 1
  MAX_NODES = 1
  INSTANCE_FAMILY = CPU_X64_S
  AUTO_RESUME = true;
DESCRIBE COMPUTE POOL MILVUS_COMPUTE_POOL;
DESCRIBE COMPUTE POOL JUPYTER_COMPUTE_POOL;
";

const SERVICES: &str = "
USE ROLE SYSADMIN;
USE DATABASE MILVUS_DEMO;
USE SCHEMA PUBLIC;

CREATE SERVICE MILVUS
  IN COMPUTE POOL MILVUS_COMPUTE_POOL
  FROM @YAML_STAGE
  SPEC='milvus.yaml'
  MIN_INSTANCES=1
  MAX_INSTANCES=1;

CREATE SERVICE JUPYTER
  IN COMPUTE POOL JUPYTER_COMPUTE_POOL
  FROM @YAML_STAGE
  SPEC='jupyter.yaml'
  MIN_INSTANCES=1
  MAX_INSTANCES=1;
";

const CLEAN_UP: &str = "
USE ROLE ACCOUNTADMIN;
DROP USER milvus_user;

USE ROLE SYSADMIN;
DROP SERVICE MILVUS;
DROP SERVICE JUPYTER;

DROP COMPUTE POOL MILVUS_COMPUTE_POOL;
DROP COMPUTE POOL JUPYTER_COMPUTE_POOL;

DROP IMAGE REPOSITORY MILVUS_DEMO.PUBLIC.MILVUS_REPO;
DROP DATABASE MILVUS_DEMO;
DROP WAREHOUSE MILVUS_WAREHOUSE;

USE ROLE ACCOUNTADMIN;
DROP ROLE MILVUS_ROLE;
DROP SECURITY INTEGRATION SNOWSERVICES_INGRESS_OAUTH;
";

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

/// Everything up to running services.
pub(crate) async fn deploy(platform: &Platform, client: &Client) {
    client.run(&ROLES.replace("${PASSWORD}", PASSWORD)).await;
    client.run(STORAGE).await;
    client.run(POOLS).await;
    for image in ["milvus", "jupyter"] {
        client.push(platform, &format!("milvus_demo/public/milvus_repo/{image}")).await;
    }
    client.run("USE ROLE SYSADMIN").await;
    client.put("@yaml_stage", "milvus.yaml", MILVUS).await;
    client.put("@yaml_stage", "jupyter.yaml", JUPYTER).await;
    client.run(SERVICES).await;
    for service in ["MILVUS", "JUPYTER"] {
        until_ready(client, service).await;
    }
}

/// Waits until a service runs with all instances ready.
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
async fn every_statement_of_the_guide_works_and_the_clean_up_leaves_what_it_forgets() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    deploy(&platform, &client).await;

    let status: Value =
        serde_json::from_str(&client.cell("CALL SYSTEM$GET_SERVICE_STATUS('milvus');").await)
            .unwrap();
    assert_eq!(status[0]["status"], "READY", "{status}");
    assert_eq!(status[0]["serviceName"], "MILVUS");
    client.rows("CALL SYSTEM$GET_SERVICE_LOGS('milvus', '0', 'milvus', 10);").await;

    client.run("USE ROLE SECURITYADMIN; GRANT USAGE ON SERVICE MILVUS_DEMO.PUBLIC.JUPYTER TO ROLE MILVUS_ROLE").await;
    client.run("USE ROLE SYSADMIN").await;
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

    client.run(CLEAN_UP).await;
    for list in ["SERVICES", "COMPUTE POOLS", "WAREHOUSES", "IMAGE REPOSITORIES IN ACCOUNT"] {
        assert!(client.rows(&format!("SHOW {list}")).await.is_empty(), "{list}");
    }
    let left = client.rows("SHOW INTEGRATIONS").await;
    assert_eq!(text(&left[0], "name"), "ALLOW_ALL_EAI", "the guide forgets its integration");
    assert!(
        directory.path().join("stages").join("MILVUS_DEMO/PUBLIC/YAML_STAGE").metadata().is_err()
    );
    platform.stop().await;
}

#[tokio::test]
async fn usage_on_the_service_opens_no_endpoint_but_its_service_role_does() {
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
    // Let in; the pretended container does not answer.
    assert_ne!(get().await, 403);
    client.run("REVOKE SERVICE ROLE MILVUS_DEMO.PUBLIC.JUPYTER!ALL_ENDPOINTS_USAGE FROM ROLE MILVUS_ROLE").await;
    assert_eq!(get().await, 403);
    platform.stop().await;
}
