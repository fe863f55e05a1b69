//! Guessing passwords: at the login, at the registry and at the ingress's sign-in page.

use std::time::{Duration, Instant};

use axum::body::Body;
use base64::Engine as _;
use http::Method;
use serde_json::json;
use spcs_local::{Platform, Timing};

use crate::client::{Client, platform, quick, text};
use crate::guide;

/// A delay that does not end during a test.
fn slow() -> Timing {
    Timing { login_delay: Duration::from_secs(600), ..quick() }
}

async fn login(platform: &Platform, user: &str, password: &str) -> String {
    match Client::login(platform, user, password, json!({})).await {
        Ok(_) => "success".to_owned(),
        Err(answer) => answer["code"].as_str().unwrap().to_owned(),
    }
}

/// The status of a login at the registry.
async fn at_registry(client: &Client, path: &str, user: &str, password: &str) -> u16 {
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let request =
        client.request(Method::GET, path).header("Authorization", format!("Basic {login}"));
    client.send(request.body(Body::empty()).unwrap()).await.0
}

/// The host of the guide's public endpoint.
async fn ingress_host(client: &Client) -> String {
    let rows = client.rows("SHOW ENDPOINTS IN SERVICE MILVUS_DEMO.PUBLIC.JUPYTER").await;
    text(&rows[0], "ingress_url").to_owned()
}

#[tokio::test]
async fn after_some_wrong_passwords_the_right_one_must_wait_too() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), slow()).await;
    let admin = Client::admin(&platform).await;
    admin.run("CREATE USER u PASSWORD='right'; CREATE USER other PASSWORD='right'").await;
    for user in ["U", "nobody"] {
        for _ in 0..5 {
            assert_eq!(login(&platform, user, "wrong").await, "390100");
        }
        let answer = Client::login(&platform, user, "right", json!({})).await.err().unwrap();
        assert_eq!(answer["code"], "390102", "{user}: {answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(
            message.contains("temporarily locked") && message.contains("10 minutes"),
            "{message}"
        );
    }
    assert_eq!(login(&platform, "u", "right").await, "390102", "in any case");
    assert_eq!(at_registry(&admin, "/login", "u", "right").await, 401, "everywhere");
    assert_eq!(login(&platform, "other", "right").await, "success");
    assert_eq!(admin.cell("SELECT 1").await, "1", "sessions go on");
    platform.stop().await;
}

#[tokio::test]
async fn a_client_that_guesses_at_many_users_must_wait_and_not_for_those_it_knows() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), slow()).await;
    let admin = Client::admin(&platform).await;
    admin.run("CREATE USER u PASSWORD='right'").await;
    for guess in 0..20 {
        assert_eq!(login(&platform, &format!("user{guess}"), "wrong").await, "390100");
    }
    assert_eq!(login(&platform, "u", "right").await, "390102");
    let password = platform.status().password.clone();
    assert_eq!(login(&platform, "ADMIN", &password).await, "success");
    platform.stop().await;
}

#[tokio::test]
async fn the_registry_and_the_sign_in_page_count_wrong_passwords_too() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), slow()).await;
    let admin = Client::admin(&platform).await;
    guide::deploy(&platform, &admin).await;
    let host = ingress_host(&admin).await;
    admin.run("USE ROLE ACCOUNTADMIN").await;
    for user in ["a", "b"] {
        admin.run(&format!("CREATE USER {user} PASSWORD='right'")).await;
    }
    for path in ["/login", "/v2/", "/login", "/v2/", "/login"] {
        assert_eq!(at_registry(&admin, path, "a", "wrong").await, 401);
    }
    assert_eq!(login(&platform, "a", "right").await, "390102");
    for status in [401, 401, 401, 401, 401, 429] {
        let (answered, _) = admin.sign_in(&host, "b", "wrong").await;
        assert_eq!(answered, status);
    }
    assert_eq!(login(&platform, "b", "right").await, "390102");
    platform.stop().await;
}

#[tokio::test]
async fn the_wait_ends() {
    let directory = tempfile::tempdir().unwrap();
    let timing = Timing { login_delay: Duration::from_millis(1), ..quick() };
    let platform = platform(directory.path(), timing).await;
    let admin = Client::admin(&platform).await;
    admin.run("CREATE USER u PASSWORD='right'").await;
    let started = Instant::now();
    let mut refused = 0;
    while refused < 5 {
        refused += u32::from(login(&platform, "u", "wrong").await == "390100");
    }
    while login(&platform, "u", "right").await != "success" {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    platform.stop().await;
}

#[tokio::test]
async fn the_cookie_of_the_ingress_opens_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let admin = Client::admin(&platform).await;
    guide::deploy(&platform, &admin).await;
    let host = ingress_host(&admin).await;
    let (status, token) = admin.sign_in(&host, "ADMIN", &platform.status().password).await;
    assert_eq!((status, token.is_empty()), (303, false));
    for (path, body) in [
        ("/queries/v1/query-request", json!({"sqlText": "SELECT 1"})),
        ("/session/token-request", json!({"requestType": "ISSUE"})),
        ("/session/heartbeat", json!({})),
    ] {
        assert_eq!(admin.post_as(&token, path, &body).await["success"], false, "{path}");
    }
    let bearer =
        admin.request(Method::GET, "/v2/").header("Authorization", format!("Bearer {token}"));
    assert_eq!(admin.send(bearer.body(Body::empty()).unwrap()).await.0, 401);
    assert_eq!(at_registry(&admin, "/v2/", "0sessiontoken", &token).await, 401);
    platform.stop().await;
}
