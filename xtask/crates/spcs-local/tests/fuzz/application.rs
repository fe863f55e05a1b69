//! The application in the container behind the endpoint.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves on an address until the runtime ends.
pub(crate) async fn serve(address: SocketAddr) {
    let listener = TcpListener::bind(address).await.unwrap();
    let application = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, application).await.unwrap() });
}

/// Accepts every upgrade and echoes everything: an application that trusts the ingress.
async fn answer(mut request: Request) -> Response {
    if let Some(protocol) = request.headers().get(UPGRADE).cloned() {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgraded));
                // The client decides when it ends.
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            }
        });
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        response.headers_mut().insert(UPGRADE, protocol);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        return response;
    }
    let headers: HeaderMap = request.headers().clone();
    let reached = stream::iter([Ok(format!("reached {}\n", request.uri()).into())]);
    let body = Body::from_stream(reached.chain(request.into_body().into_data_stream()));
    // What a client sends comes back as the headers of an application, with the names that the
    // ingress must not pass on.
    let mut response = Response::new(body);
    for (name, value) in &headers {
        if !name.as_str().starts_with("content-length") && *name != "transfer-encoding" {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}
