//! Requests of pages of other origins, which browsers send with the user's cookie.

use std::time::Duration;

use http::{Method, StatusCode};

use crate::accounts::ADMIN;
use crate::upstream::{HOST, Ingress};

const LONG: Duration = Duration::from_secs(60);
/// A page of another service of the platform, and one on another port of the same host.
const OTHERS: [&str; 3] =
    ["http://other-spcs-local.localhost:8462", "http://abcdef-spcs-local.localhost:9999", "null"];

#[tokio::test]
async fn a_page_of_another_origin_gets_nothing_with_the_users_cookie() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let cookie = ("cookie", cookie.as_str());
    for origin in OTHERS {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = ingress.send(method, "/api", &[cookie, ("origin", origin)], "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
        }
    }
    for site in ["cross-site", "same-site"] {
        let fetch = [cookie, ("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")];
        assert_eq!(ingress.get("/api", &fetch).await.status, StatusCode::FORBIDDEN);
        let signs_out = ingress.get("/sfc-endpoint/logout", &fetch).await;
        assert_eq!(signs_out.status, StatusCode::FORBIDDEN);
        let link = [cookie, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        assert_eq!(ingress.get("/lab", &link).await.status, StatusCode::OK, "a link is followed");
    }
    let own = [cookie, ("origin", &format!("http://{HOST}")), ("sec-fetch-site", "same-origin")];
    assert_eq!(ingress.send(Method::POST, "/api", &own, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_with_a_token_of_its_own_may_use_it_but_gets_no_websocket() {
    let ingress = Ingress::start(LONG).await;
    let token = format!("Snowflake Token=\"{}\"", ingress.accounts.program_token(ADMIN.0));
    let headers = [("authorization", token.as_str()), ("origin", OTHERS[0])];
    assert_eq!(ingress.get("/api", &headers).await.status, StatusCode::OK);
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
    let headers = [&headers[..], &upgrade].concat();
    assert_eq!(ingress.get("/ws", &headers).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_foreign_page_gets_no_websocket_even_as_a_navigation() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let mut headers = vec![
        ("cookie", cookie.as_str()),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", "x"),
    ];
    headers.push(("origin", OTHERS[1]));
    assert_eq!(ingress.get("/ws", &headers).await.status, StatusCode::FORBIDDEN);
    headers.pop();
    headers.extend([("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]);
    assert_eq!(ingress.get("/ws", &headers).await.status, StatusCode::FORBIDDEN);
}
