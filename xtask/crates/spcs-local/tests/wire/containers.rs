//! What containers can do at the listener of their network, and that nobody else can.

use std::time::Duration;

use axum::body::Body;
use http::Method;
use serde_json::json;
use spcs_local::{Platform, Timing};

use crate::client::{Client, platform, quick, text, token, token_login};
use crate::identity::{prepared, service};

/// A platform with the services `one` and `two`, and their owner's session.
async fn with_services(directory: &tempfile::TempDir, timing: Timing) -> (Platform, Client) {
    let platform = platform(directory.path(), timing).await;
    let client = prepared(&platform).await;
    client.run(&service("one", "")).await;
    client.run(&service("two", "")).await;
    (platform, client)
}

#[tokio::test]
async fn a_services_token_is_valid_only_in_its_containers() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    Client::inside(&platform, &client, "ONE").await;
    let login = token_login(&platform, "ONE");
    let at_loopback = Client::login(&platform, "", "", login.clone()).await.err().unwrap();
    assert_eq!(at_loopback["code"], "390303");
    let other = Client::in_container(&platform, &client, "TWO").await;
    assert_eq!(other.log_in(login).await.err().unwrap()["code"], "390303");
    platform.stop().await;
}

#[tokio::test]
async fn a_containers_session_is_valid_only_in_the_containers_of_its_service() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    let inside = Client::inside(&platform, &client, "ONE").await;
    let other = Client::inside(&platform, &client, "TWO").await;
    let query = json!({"sqlText": "SELECT 1"});
    let renewal = json!({"oldSessionToken": inside.token, "requestType": "RENEW"});
    for elsewhere in [&client, &other] {
        let path = "/queries/v1/query-request?requestId=elsewhere";
        assert_eq!(elsewhere.post_as(&inside.token, path, &query).await["code"], "390112");
        let renewed = elsewhere.post_as(&inside.master, "/session/token-request", &renewal).await;
        assert_eq!(renewed["code"], "390114");
        let ended = elsewhere.post_as(&inside.token, "/session?delete=true", &json!({})).await;
        assert_eq!(ended["code"], "390112");
    }
    // And the other way round: a user's session is not valid in a container.
    let path = "/queries/v1/query-request?requestId=inside";
    assert_eq!(inside.post_as(&client.token, path, &query).await["code"], "390112");
    assert_eq!(inside.cell("SELECT CURRENT_USER()").await, "ONE");
    platform.stop().await;
}

#[tokio::test]
async fn a_containers_tokens_open_neither_the_registry_nor_endpoints() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    client
        .run(
            "USE ROLE ACCOUNTADMIN; GRANT BIND SERVICE ENDPOINT ON ACCOUNT TO ROLE SYSADMIN;
             USE ROLE SYSADMIN",
        )
        .await;
    client.run(&service("web", "  endpoints: [{name: e, port: 80, public: true}]")).await;
    let endpoint = &client.rows("SHOW ENDPOINTS IN SERVICE d.public.web").await[0];
    let endpoint = text(endpoint, "ingress_url").to_owned();
    let inside = Client::inside(&platform, &client, "ONE").await;
    let body = json!({"oldSessionToken": inside.token, "requestType": "ISSUE"});
    let issued = inside.post_as(&inside.master, "/session/token-request", &body).await;
    let issued = issued["data"]["sessionToken"].as_str().unwrap().to_owned();
    for token in [&inside.token, &issued, &token(directory.path(), "ONE")] {
        for (host, path, scheme) in [
            ("127.0.0.1", "/v2/", format!("Bearer {token}")),
            (&endpoint, "/", format!("Snowflake Token=\"{token}\"")),
        ] {
            let request = client.request(Method::GET, path).header("Host", host);
            let request = request.header("Authorization", scheme).body(Body::empty()).unwrap();
            assert_eq!(client.send(request).await.0, 401, "{host}{path}");
        }
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_token_ends_and_survives_a_restart_until_then() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    Client::inside(&platform, &client, "ONE").await;
    let login = token_login(&platform, "ONE");
    client.run("DROP SERVICE d.public.two").await;
    client.run(&service("two", "")).await;
    platform.stop().await;

    let timing = Timing { service_token_validity: Duration::ZERO, ..quick() };
    let platform = crate::client::platform(directory.path(), timing).await;
    let client = Client::admin(&platform).await;
    let container = Client::in_container(&platform, &client, "ONE").await;
    container.log_in(login).await.expect("the token has its own end");
    let renewed = async {
        loop {
            let container = Client::in_container(&platform, &client, "ONE").await;
            let answer = container.log_in(token_login(&platform, "ONE")).await;
            if let Err(refused) = answer {
                return refused;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(10), renewed).await.unwrap();
    assert_eq!(refused["code"], "390303", "the new token has ended");
    platform.stop().await;
}

#[tokio::test]
async fn the_token_of_a_dropped_service_is_not_valid_for_the_next_of_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    Client::inside(&platform, &client, "ONE").await;
    let login = token_login(&platform, "ONE");
    client.run("DROP SERVICE d.public.one").await;
    client.run(&service("one", "")).await;
    let container = Client::in_container(&platform, &client, "ONE").await;
    assert_eq!(container.log_in(login).await.err().unwrap()["code"], "390303");
    Client::inside(&platform, &client, "ONE").await;
    platform.stop().await;
}

#[tokio::test]
async fn containers_get_the_wire_protocol_alone_and_others_get_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    let inside = Client::inside(&platform, &client, "ONE").await;
    let port = platform.status().port;
    let name = format!("spcs-local.snowflakecomputing.internal:{port}");
    let get = async |client: &Client, url: &str, host: &str| {
        let request = client.request(Method::GET, url).header("Host", host);
        client.send(request.body(Body::empty()).unwrap()).await.0
    };
    let gateway = "http://127.83.0.1";
    for path in ["/", "/healthz", "/platform", "/v2/", "/login"] {
        let url = format!("{gateway}:{port}{path}");
        assert_eq!(get(&client, &url, &name).await, 403, "{path} from the host");
        let request = inside.request(Method::GET, path).body(Body::empty()).unwrap();
        assert_eq!(inside.send(request).await.0, 404, "{path} from a container");
    }
    let monitoring = format!("{gateway}:{port}/monitoring/queries/1");
    for host in ["127.0.0.1", "127.83.0.1", "x-spcs-local.localhost", "rebound.example"] {
        assert_eq!(get(&client, &monitoring, host).await, 421, "{host}");
    }
    assert_eq!(get(&client, &format!("{gateway}:{port}/monitoring/queries/1"), &name).await, 403);
    assert_eq!(get(&client, "/healthz", &name).await, 421, "not the host's name");
    let passwords = json!({"LOGIN_NAME": "ADMIN", "PASSWORD": platform.status().password});
    let container = Client::in_container(&platform, &client, "ONE").await;
    assert_eq!(container.log_in(passwords).await.err().unwrap()["code"], "390139");
    platform.stop().await;
}

#[tokio::test]
async fn a_container_transfers_files_through_its_own_listener() {
    let directory = tempfile::tempdir().unwrap();
    let (platform, client) = with_services(&directory, quick()).await;
    client.run("CREATE STAGE d.public.s").await;
    let inside = Client::inside(&platform, &client, "ONE").await;
    inside.put("@d.public.s", "a.txt", "from inside").await;
    let answer = inside.submit("GET @d.public.s/a.txt file:///tmp/").await;
    let end_point = answer["data"]["stageInfo"]["endPoint"].as_str().unwrap();
    let port = platform.status().port;
    assert_eq!(end_point, format!("http://spcs-local.snowflakecomputing.internal:{port}"));
    assert_eq!(client.rows("LIST @d.public.s").await.len(), 1);
    platform.stop().await;
}
