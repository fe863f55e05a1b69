//! Forwards a request to the container and streams the response back.
//!
//! Each request opens a connection: that is cheap on loopback, and no request can get a pooled
//! connection to a container that has been replaced.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use http::uri::PathAndQuery;
use http::{StatusCode, Uri, Version};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use spcs_local_services::container_address::ContainerAddress;
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Watched};
use super::page::Refusal;
use super::{headers, tunnel};
use crate::access::Principal;

/// Where a request goes.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The Host of the request.
    pub(crate) host: &'a str,
    /// The address of the container's port.
    pub(crate) address: &'a ContainerAddress,
    /// The key by which the container knows the ingress.
    pub(crate) key: &'a str,
    pub(crate) idle: Duration,
}

/// Forwards a request on behalf of the principal. An upgraded connection is closed when the login
/// has ended.
pub(crate) async fn forward(
    mut request: Request,
    principal: &Principal,
    ended: CancellationToken,
    to: Target<'_>,
) -> Result<Response, Refusal> {
    let Target { host, address, idle, .. } = to;
    let activity = Activity::new(idle);
    let client_side =
        headers::upgrade_of(request.headers()).map(|_| hyper::upgrade::on(&mut request));
    let request = outgoing(request, principal, to, &activity);

    let Ok(stream) = address.connect().await else {
        return Err(Refusal::not_ready(format!("Nothing is listening behind {host} yet.")));
    };
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| bad_gateway(host, &error))?;
    tokio::spawn(connection.with_upgrades());
    let mut response = tokio::select! {
        response = sender.send_request(request) => {
            response.map_err(|error| bad_gateway(host, &error))?
        }
        () = activity.timed_out() => {
            let text = format!("{host} has not responded for {} seconds.", idle.as_secs());
            return Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, "No response", text));
        }
    };

    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if let (true, Some(client_side)) = (upgraded, client_side) {
        tunnel::open(client_side, hyper::upgrade::on(&mut response), activity.clone(), ended);
    } else if upgraded {
        let text = format!("{host} switched protocols without a request to do so.");
        return Err(Refusal::new(StatusCode::BAD_GATEWAY, "Bad gateway", text));
    }
    if headers::is_executable(response.headers()) {
        let text = format!("{host} sent an executable file, which SPCS blocks.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Blocked", text));
    }
    headers::for_client(response.headers_mut(), upgraded);
    Ok(response.map(|body| Body::new(Watched::new(body, activity))))
}

fn outgoing(
    request: Request,
    principal: &Principal,
    Target { host, key, .. }: Target<'_>,
    activity: &Activity,
) -> http::Request<Watched<Body>> {
    let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = client.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let (mut parts, body) = request.into_parts();
    let user = principal.identity.name();
    headers::for_container(&mut parts.headers, &headers::Context { user, key, host, client });
    // The request line has the path only; the Host header is unchanged.
    let target = parts.uri.path_and_query().cloned();
    parts.uri = Uri::from(target.unwrap_or(PathAndQuery::from_static("/")));
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    http::Request::from_parts(parts, Watched::new(body, activity.clone()))
}

fn bad_gateway(host: &str, error: &hyper::Error) -> Refusal {
    tracing::debug!("ingress {host}: {error}");
    let text = format!("{host} closed the connection or does not speak HTTP: {error}.");
    Refusal::new(StatusCode::BAD_GATEWAY, "Bad gateway", text)
}
