//! The listeners for containers, at the gateways of their networks: the wire protocol and nothing
//! else.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::net::TcpListener;

use super::{admission, listener};
use crate::access::Origin;
use crate::account::Account;
use crate::wire;

/// Serves the containers of one network, until it is aborted.
pub(super) async fn serve(account: Arc<Account>, listener: TcpListener) {
    listener::serve(listener, router(account), listener::Limits::of_process(), pending()).await;
}

fn router(account: Arc<Account>) -> Router {
    wire::router(Arc::clone(&account))
        .fallback(async || (StatusCode::NOT_FOUND, "unknown path\n"))
        .layer(from_fn_with_state(account, identify))
}

/// Finds the service of the container that sent a request. Refuses requests of others, for example
/// of programs on this machine.
async fn identify(
    State(account): State<Arc<Account>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = admission::admit_from_container(&request) {
        return refusal.into_response();
    }
    let service = account.controller.service_at_soon(client.ip()).await;
    let Some(service) = service.and_then(|key| account.service_path(&key)) else {
        tracing::warn!(%client, "refused a request that no container of a service sent");
        return (StatusCode::FORBIDDEN, "only for containers of services\n").into_response();
    };
    request.extensions_mut().insert(Origin::Service(service));
    next.run(request).await
}
