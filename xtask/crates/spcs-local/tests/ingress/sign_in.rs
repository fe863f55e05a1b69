//! Sign-in, access control and headers, for browsers and for programs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::accounts::{ADMIN, READER};
use crate::upstream::{HOST, Ingress};

const LONG: Duration = Duration::from_secs(60);
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

#[tokio::test]
async fn a_browser_is_redirected_to_the_form_and_back_after_signing_in() {
    let ingress = Ingress::start(LONG).await;
    let answer = ingress.get("/lab/tree/a%20b?reset=1&x=ü", &[BROWSER]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let form = answer.header("location").to_owned();
    assert!(form.starts_with("/sfc-endpoint/login?next="), "{form}");
    let answer = ingress.get(&form, &[BROWSER]).await;
    assert_eq!(answer.status, StatusCode::OK);
    for part in [
        "<title>Sign in</title>",
        "name=\"username\"",
        "name=\"password\"",
        "name=\"next\" value=\"/lab/tree/a%20b?reset=1&amp;x=",
    ] {
        assert!(answer.text().contains(part), "{part}: {}", answer.text());
    }

    let answer = ingress.sign_in("admin", "wrong", "/lab").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text().contains("Incorrect username or password"), "{}", answer.text());
    assert!(answer.text().contains("value=\"/lab\""), "{}", answer.text());

    let answer = ingress.sign_in(ADMIN.0, ADMIN.1, "/lab?x=1").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/lab?x=1"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{cookie}");
    let cookie = crate::upstream::cookie_of(&answer.headers);
    let answer = ingress.get("/lab?x=1", &[BROWSER, ("cookie", &cookie)]).await;
    assert!(answer.text().starts_with("GET /lab?x=1\n"), "{}", answer.text());

    let answer = ingress.sign_in(ADMIN.0, ADMIN.1, "//evil.example").await;
    assert_eq!(answer.header("location"), "/");
    let answer = ingress.get("/sfc-endpoint/logout", &[("cookie", &cookie)]).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{answer:?}");
    let answer = ingress.get("/lab", &[("cookie", &cookie)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "signing out invalidates the cookie");
}

#[tokio::test]
async fn user_input_is_escaped_in_the_form() {
    let ingress = Ingress::start(LONG).await;
    let answer = ingress.sign_in("\"><script>", "x", "/\"><script>").await;
    assert!(!answer.text().contains("<script>"), "{}", answer.text());
}

#[tokio::test]
async fn a_form_from_another_site_is_rejected() {
    let ingress = Ingress::start(LONG).await;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "http://other.localhost:8462"),
    ];
    let form = "username=READER&password=reader&next=/";
    let answer = ingress.send(Method::POST, "/sfc-endpoint/login", &headers, form).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
}

#[tokio::test]
async fn a_program_without_a_valid_token_gets_a_json_error() {
    let ingress = Ingress::start(LONG).await;
    for headers in [&[][..], &[("authorization", "Snowflake Token=\"old\""), BROWSER]] {
        let answer = ingress.get("/api", headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        if headers.is_empty() {
            assert_eq!(answer.json()["responseType"], "ERROR");
        }
    }
    let posted = ingress.send(Method::POST, "/api", &[BROWSER], "").await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_user_without_the_service_role_is_denied_and_can_sign_out() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(READER).await;
    let answer = ingress.get("/", &[BROWSER, ("cookie", &cookie)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let denied = format!("Access denied. Insufficient privileges to use {HOST}");
    for part in [denied.as_str(), "READER_ROLE, PUBLIC", "/sfc-endpoint/logout"] {
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    let answer = ingress.get("/", &[("cookie", &cookie)]).await;
    assert!(answer.json()["detail"].as_str().unwrap().starts_with(&denied));
}

#[tokio::test]
async fn the_container_gets_the_user_name_but_no_credentials() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let token = format!("Snowflake Token=\"{}\"", ingress.accounts.program_token(ADMIN.0));
    let mixed = format!("_xsrf=2; {cookie}; theme=dark");
    let answer = ingress
        .get(
            "/x?a=%20b",
            &[
                ("cookie", &mixed),
                ("authorization", "token jupyter"),
                ("x-sf-spcs-authorization", &token),
                ("sf-context-current-user", "ROOT"),
                ("sf_context_current_user", "ROOT"),
                ("sf-context-ingress-key", "guessed"),
                ("x-forwarded-for", "1.2.3.4"),
                ("x-forwarded-user", "ROOT"),
                ("x-real-ip", "1.2.3.4"),
                ("forwarded", "for=1.2.3.4"),
                ("connection", "x-hop"),
                ("x-hop", "1"),
            ],
        )
        .await;
    let expected = format!(
        "GET /x?a=%20b\nhost: {HOST}\nauthorization: token jupyter\n\
         cookie: _xsrf=2; theme=dark\nsf-context-current-user: ADMIN\n\
         sf-context-ingress-key: key of DB.PUBLIC.JUPYTER\n\
         x-forwarded-for: 127.0.0.1\nx-forwarded-host: {HOST}\nx-forwarded-proto: http\n"
    );
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(answer.text()), sorted(&expected));
    let answer = ingress.get("/", &[("authorization", &token)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.text().contains("authorization"), "{}", answer.text());
}

#[tokio::test]
async fn responses_have_the_security_headers_of_spcs() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let answer = ingress.get("/app_headers", &[("cookie", &cookie)]).await;
    for gone in ["server", "x-powered-by", "x-xss-protection", "public-key-pins", "x-hop"] {
        assert_eq!(answer.header(gone), "", "{gone}");
    }
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-embedder-policy", "credentialless"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let all = |name| answer.headers.get_all(name).iter().map(|v| v.to_str().unwrap());
    let policies: Vec<&str> = all("content-security-policy").collect();
    assert_eq!(policies[0], "frame-ancestors 'none'");
    assert!(policies[1].starts_with("default-src 'self' 'unsafe-inline'"), "{policies:?}");
    assert_eq!(all("set-cookie").collect::<Vec<_>>(), ["_xsrf=1; Path=/"]);
}

#[tokio::test]
async fn unknown_hosts_unsupported_methods_and_executables_are_refused() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let unknown = ingress.get("/", &[("host", "nobody-spcs-local.localhost"), BROWSER]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let trace = ingress.send(Method::TRACE, "/", &[("cookie", &cookie)], "").await;
    assert_eq!(trace.status, StatusCode::METHOD_NOT_ALLOWED);
    let executable = ingress.get("/exe", &[("cookie", &cookie)]).await;
    assert_eq!(executable.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_service_that_is_not_ready_gives_503_with_retry_after() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for upstream in [None, Some(closed)] {
        *ingress.upstream.lock().unwrap() = upstream;
        let answer = ingress.get("/", &[BROWSER, ("cookie", &cookie)]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "3");
        assert!(answer.text().contains("Service not ready"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_token_that_is_replaced_is_sent_as_a_new_cookie() {
    let ingress = Ingress::start(LONG).await;
    let fresh = ingress.cookie(ADMIN).await;
    assert_eq!(ingress.get("/", &[("cookie", &fresh)]).await.header("set-cookie"), "");
    ingress.accounts.renews.store(true, Ordering::Relaxed);
    let answer = ingress.get("/", &[("cookie", &fresh)]).await;
    let renewed = crate::upstream::cookie_of(&answer.headers);
    assert!(renewed.starts_with("sfc-ss-ingress-auth-v1=") && renewed != fresh, "{renewed}");
    let answer = ingress.get("/", &[("cookie", &renewed)]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_cookie_that_a_page_adds_does_not_hide_the_one_of_the_ingress() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let both = format!("sfc-ss-ingress-auth-v1=made-up; {cookie}");
    assert_eq!(ingress.get("/", &[("cookie", &both)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_cookie_is_no_token_for_programs_and_theirs_is_no_cookie() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let (name, token) = cookie.split_once('=').unwrap();
    let header = format!("Snowflake Token=\"{token}\"");
    let answer = ingress.get("/", &[("authorization", &header)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let program = format!("{name}={}", ingress.accounts.program_token(ADMIN.0));
    let answer = ingress.get("/", &[("cookie", &program)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_locked_user_is_told_how_long_to_wait() {
    let ingress = Ingress::start(LONG).await;
    let answer = ingress.sign_in("locked", "x", "/").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let text = "temporarily locked due to too many failed attempts. Try again after 8 seconds or";
    assert!(answer.text().contains(text), "{}", answer.text());
}
