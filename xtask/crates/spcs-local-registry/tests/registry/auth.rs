//! Tests of authentication and authorization.

use http::{Method, StatusCode};
use serde_json::json;

use crate::accounts::{ADMIN, READER};
use crate::server::{TestServer, basic, code};

#[tokio::test]
async fn a_request_without_credentials_gets_a_challenge_that_names_the_login_url() {
    let server = TestServer::start().await;
    let host = server.address;
    let answer = server.try_send(Method::GET, "/v2/", &[], "").await.unwrap();
    assert_eq!((answer.status, &*code(&answer)), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer realm=\"http://{host}/login\",service=\"{host}\"")
    );
    let path = "/v2/db/public/one/app/blobs/uploads/";
    let answer = server.try_send(Method::POST, path, &[], "").await.unwrap();
    let scope = "scope=\"repository:db/public/one/app:pull,push\"";
    assert!(answer.header("www-authenticate").ends_with(scope), "{answer:?}");
    let wrong = basic(("ADMIN", "wrong"));
    for bad in ["Bearer nonsense", wrong.as_str()] {
        let answer = server.try_send(Method::GET, "/v2/", &[("authorization", bad)], "").await;
        assert_eq!(answer.unwrap().status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn login_issues_a_bearer_token_and_accepts_a_session_token_as_password() {
    let server = TestServer::start().await;
    let query = "/login?service=x&scope=repository:db/public/one/app:pull&account=ADMIN";
    let answer = server.get(query).await.json();
    assert_eq!((&answer["token"], &answer["expires_in"]), (&answer["access_token"], &json!(3600)));
    let token = answer["token"].as_str().unwrap().to_owned();
    let wrapped = json!({ "token": token, "expires_in": 3600 }).to_string();
    for authorization in [
        format!("Bearer {token}"),
        basic(ADMIN),
        basic(("0sessiontoken", &wrapped)),
        basic(("0sessiontoken", &token)),
    ] {
        let headers = [("authorization", authorization.as_str())];
        let answer = server.try_send(Method::GET, "/v2/", &headers, "").await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{authorization}");
        if authorization.starts_with("Basic") {
            let answer = server.try_send(Method::GET, "/login", &headers, "").await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "{authorization}");
        }
    }
    let refused = basic(("0sessiontoken", "{\"token\":\"old\"}"));
    let headers = [("authorization", refused.as_str())];
    let answer = server.try_send(Method::GET, "/login", &headers, "").await.unwrap();
    assert_eq!((answer.status, &*code(&answer)), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
}

#[tokio::test]
async fn a_reader_can_pull_but_cannot_push_or_see_other_repositories() {
    let server = TestServer::start().await;
    server.push_image("db/public/one/app", "v1", b"layer").await;
    let reader = basic(READER);
    let headers = [("authorization", reader.as_str())];
    let ask = async |method: Method, path: &str| {
        let answer = server.try_send(method, path, &headers, "").await.unwrap();
        let code = if answer.status.is_success() { String::new() } else { code(&answer) };
        (answer.status, code)
    };
    let ok = ask(Method::GET, "/v2/db/public/one/app/manifests/v1").await;
    assert_eq!(ok.0, StatusCode::OK);
    let denied = (StatusCode::FORBIDDEN, "DENIED".to_owned());
    assert_eq!(ask(Method::POST, "/v2/db/public/one/app/blobs/uploads/").await, denied);
    assert_eq!(ask(Method::GET, "/v2/db/public/two/app/tags/list").await, denied);
    let unknown = (StatusCode::NOT_FOUND, "NAME_UNKNOWN".to_owned());
    assert_eq!(ask(Method::GET, "/v2/db/public/three/app/tags/list").await, unknown);
    let invalid = (StatusCode::BAD_REQUEST, "NAME_INVALID".to_owned());
    assert_eq!(ask(Method::GET, "/v2/DB/public/one/app/tags/list").await, invalid);
    assert_eq!(ask(Method::GET, "/v2/app/tags/list").await, invalid);
}
