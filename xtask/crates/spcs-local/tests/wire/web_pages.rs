//! Requests that a browser sends for web pages. Programs send no `Origin` and no `Sec-Fetch-Site`.

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};
use spcs_local::IDENTITY_PATH;

use crate::client::{Client, platform, quick};

/// Every way into the account: the wire protocol, the registry, the stages, the platform itself.
const ENTRIES: [(Method, &str); 12] = [
    (Method::GET, "/"),
    (Method::GET, "/healthz"),
    (Method::GET, IDENTITY_PATH),
    (Method::POST, "/session/v1/login-request"),
    (Method::POST, "/session/token-request"),
    (Method::POST, "/session/heartbeat"),
    (Method::POST, "/session?delete=true"),
    (Method::POST, "/queries/v1/query-request"),
    (Method::GET, "/queries/x/result"),
    (Method::GET, "/login"),
    (Method::POST, "/v2/d/public/r/i/blobs/uploads/"),
    (Method::PUT, "/stage/D/PUBLIC/S/file"),
];

#[tokio::test]
async fn no_entry_answers_a_foreign_host_or_a_web_page() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let ask = async |method: &Method, path: &str, header: (&str, &str)| {
        let request = client
            .request(method.clone(), path)
            .header("Authorization", format!("Snowflake Token=\"{}\"", client.token))
            .header(header.0, header.1);
        client.send(request.body(Body::empty()).unwrap()).await.0
    };
    let port = platform.status().port;
    let rebound = format!("rebound.example:{port}");
    let neighbour = format!("http://127.0.0.1:{}", port.wrapping_add(1));
    for (method, path) in &ENTRIES {
        assert_eq!(ask(method, path, ("Host", &rebound)).await, 421, "{method} {path}");
        for header in [
            ("Origin", "http://evil.example"),
            ("Origin", neighbour.as_str()),
            ("Origin", "http://abc-spcs-local.localhost"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            assert_eq!(ask(method, path, header).await, 403, "{method} {path} {header:?}");
        }
        assert!(ask(method, path, ("Origin", &platform.status().url)).await < 500);
    }
    platform.stop().await;
}

#[tokio::test]
async fn what_a_form_can_send_is_no_json() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let login = json!({"data": {"ACCOUNT_NAME": "spcs-local", "LOGIN_NAME": "ADMIN",
        "PASSWORD": platform.status().password}})
    .to_string();
    let query = json!({"sqlText": "CREATE DATABASE d"}).to_string();
    let send = async |path: &str, body: &str, content_type: Option<&str>| {
        let mut request = client
            .request(Method::POST, path)
            .header("Authorization", format!("Snowflake Token=\"{}\"", client.token));
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        let (status, body) = client.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!(status, 200);
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    for (path, body) in
        [("/session/v1/login-request", &login), ("/queries/v1/query-request", &query)]
    {
        for no_json in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")]
        {
            let answer = send(path, body, no_json).await;
            assert_eq!(answer["code"], "391902", "{path} {no_json:?}: {answer}");
        }
        let answer = send(path, body, Some("Application/JSON; charset=utf-8")).await;
        assert_eq!(answer["success"], true, "{answer}");
    }
    platform.stop().await;
}
