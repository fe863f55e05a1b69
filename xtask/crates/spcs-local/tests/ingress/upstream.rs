//! A fake application behind the ingress, and a client.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use spcs_local::access::EndpointRoute;
use spcs_local::ingress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::accounts::Accounts;
use crate::http_client::{Answer, send, serve};

pub(crate) const HOST: &str = "abcdef-spcs-local.localhost:8462";

/// Returns the request: `METHOD target`, then one line for each header.
async fn reflect(request: Request) -> Response {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    text.into_response()
}

/// Echoes the body, frame by frame.
async fn echo(request: Request) -> Response {
    Body::from_stream(request.into_body().into_data_stream()).into_response()
}

/// Sends one frame, then nothing.
async fn stall() -> Response {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"first"))]);
    Body::from_stream(first.chain(stream::pending())).into_response()
}

/// Headers as an application might send them.
async fn app_headers() -> Response {
    let mut response = "hello".into_response();
    for (name, value) in [
        ("server", "TornadoServer/6"),
        ("x-powered-by", "coffee"),
        ("x-xss-protection", "1"),
        ("public-key-pins", "x"),
        ("x-frame-options", "ALLOWALL"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("set-cookie", "_xsrf=1; Path=/; Domain=localhost"),
        ("set-cookie", "sfc-ss-ingress-auth-v1=stolen"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
    ] {
        let name = HeaderName::from_static(name);
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    response
}

/// Accepts any upgrade with the first subprotocol offered, and echoes the bytes.
async fn upgrade(mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut buffer = [0; 1024];
        loop {
            let count = stream.read(&mut buffer).await.unwrap_or(0);
            if count == 0 || stream.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let asked = request.headers();
    let protocol = asked["sec-websocket-protocol"].to_str().unwrap();
    let protocol = HeaderValue::from_str(protocol.split(',').next().unwrap()).unwrap();
    response.headers_mut().insert("sec-websocket-protocol", protocol);
    response.headers_mut().insert("upgrade", asked["upgrade"].clone());
    response.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
    response
}

/// The ingress in front of the application.
pub(crate) struct Ingress {
    pub(crate) address: SocketAddr,
    /// The address of the application; `None` while the service is not ready.
    pub(crate) upstream: Arc<Mutex<Option<SocketAddr>>>,
    pub(crate) accounts: Arc<Accounts>,
}

impl Ingress {
    pub(crate) async fn start(idle: Duration) -> Ingress {
        let application = Router::new()
            .route("/echo", any(echo))
            .route("/stall", any(stall))
            .route("/silent", any(std::future::pending::<Response>))
            .route("/app_headers", any(app_headers))
            .route("/exe", any(|| async { ([("content-type", "application/x-exe")], "MZ") }))
            .route("/ws", any(upgrade))
            .fallback(reflect);
        let upstream = Arc::new(Mutex::new(Some(serve(application).await)));
        let shared = Arc::clone(&upstream);
        let find = move |route: &EndpointRoute| {
            assert_eq!(route.port, 8888);
            shared.lock().unwrap().map(Into::into)
        };
        let accounts = Arc::new(Accounts::default());
        let router = ingress::handler_with_idle_timeout(accounts.clone(), Arc::new(find), idle);
        Ingress { address: serve(router).await, upstream, accounts }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", HOST);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(self.address, request.body(Full::new(body.into())).unwrap()).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, "").await
    }

    /// Submits the login form.
    pub(crate) async fn sign_in(&self, user: &str, password: &str, next: &str) -> Answer {
        let encode = |text: &str| {
            let set = percent_encoding::NON_ALPHANUMERIC;
            percent_encoding::utf8_percent_encode(text, set).to_string()
        };
        let form = format!(
            "username={}&password={}&next={}",
            encode(user),
            encode(password),
            encode(next)
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", &format!("http://{HOST}")),
        ];
        self.send(Method::POST, "/sfc-endpoint/login", &headers, form).await
    }

    /// Signs in and returns the `Cookie` header.
    pub(crate) async fn cookie(&self, (user, password): (&str, &str)) -> String {
        let answer = self.sign_in(user, password, "/").await;
        cookie_of(&answer.headers)
    }
}

pub(crate) fn cookie_of(headers: &HeaderMap) -> String {
    let cookie = headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
