//! The ingress proxy, through which clients reach the public endpoints of services.
//!
//! It handles every request with a host `<label>.localhost`. Browsers sign in with a form and get
//! a cookie; programs send `Authorization: Snowflake Token="…"`. If the user holds the endpoint's
//! service role, the request is forwarded to the container, with the header rules of SPCS.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use http::header::UPGRADE;
use http::{Method, StatusCode};
use spcs_local_services::container_address::ContainerAddress;

use crate::access::{Access, EndpointRoute, Login};

mod activity;
mod credentials;
mod headers;
pub(crate) mod host;
pub(crate) mod origin;
mod page;
mod proxy;
mod sign_in;
mod tunnel;

use credentials::Credential;
use page::Refusal;

/// Finds the address of an endpoint's container port; `None` if the service is not ready.
pub type Upstream = Arc<dyn Fn(&EndpointRoute) -> Option<ContainerAddress> + Send + Sync>;

/// SPCS's idle timeout: connections without traffic for this long are closed.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

struct Ingress {
    access: Arc<dyn Access>,
    upstream: Upstream,
    idle: Duration,
}

/// The maximum body size of a sign-in. Bodies for containers are streamed and have no limit.
const MAX_SIGN_IN_BODY: usize = 1 << 20;

/// Serves the requests of ingress hosts.
pub fn handler(access: Arc<dyn Access>, upstream: Upstream) -> Router {
    handler_with_idle_timeout(access, upstream, IDLE_TIMEOUT)
}

/// Like [`handler`], with a different idle timeout.
pub fn handler_with_idle_timeout(
    access: Arc<dyn Access>,
    upstream: Upstream,
    idle: Duration,
) -> Router {
    let ingress = Arc::new(Ingress { access, upstream, idle });
    Router::new().fallback(serve).layer(DefaultBodyLimit::max(MAX_SIGN_IN_BODY)).with_state(ingress)
}

async fn serve(State(ingress): State<Arc<Ingress>>, request: Request) -> Response {
    let accepts_html = page::accepts_html(&request);
    match answer(&ingress, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.respond(accepts_html),
    }
}

async fn answer(ingress: &Ingress, request: Request) -> Result<Response, Refusal> {
    let host = host::of(&request);
    let route = host::label(&host).and_then(|label| ingress.access.endpoint(&label));
    let Some(route) = route else {
        let text = format!("No service endpoint has the host {host}.");
        return Err(Refusal::new(StatusCode::NOT_FOUND, "No such endpoint", text));
    };
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        let text = format!("{} is not supported.", request.method());
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", text));
    }
    let path = request.uri().path();
    if path.starts_with("/sfc-endpoint/") {
        return sign_in::serve(&*ingress.access, &host, request).await;
    }
    let credential = credentials::find(request.headers());
    refuse_foreign(&credential, &request, &host)?;
    let login = match &credential {
        Credential::Missing => None,
        Credential::Header(token) => ingress.access.token(token).map(|login| (login, None)),
        Credential::Cookies(tokens) => {
            tokens.iter().find_map(|token| ingress.access.browser_session(token))
        }
    };
    let Some((Login { principal, ended }, renewed)) = login else {
        return sign_in::require(&credential, &request);
    };
    let renewed = renewed.map(|token| credentials::set_cookie(&token));
    if !ingress.access.may_use_endpoint(&principal, &route) {
        return Err(Refusal::denied(&host, &principal));
    }
    let Some(address) = (ingress.upstream)(&route) else {
        let text = format!("The service {} is not ready.", route.service);
        return Err(Refusal::not_ready(text));
    };
    let key = ingress.access.ingress_key(&route.service);
    let to = proxy::Target { host: &host, address: &address, key: &key, idle: ingress.idle };
    let mut response = proxy::forward(request, &principal, ended, to).await?;
    if let Some(cookie) = renewed {
        response.headers_mut().append(http::header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Refuses requests of pages of other origins, which a browser sends with the user's cookie. Links
/// from anywhere are followed, but not to a WebSocket. A page that has a token itself may use it.
fn refuse_foreign(credential: &Credential, request: &Request, host: &str) -> Result<(), Refusal> {
    let upgrades = request.headers().contains_key(UPGRADE);
    let is_harmless = match credential {
        Credential::Header(_) => true,
        Credential::Missing | Credential::Cookies(_) => origin::is_navigation(request),
    };
    if origin::is_foreign(request.headers(), host) && (upgrades || !is_harmless) {
        let text = format!("A page of another origin must not use {host}.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Not accepted", text));
    }
    Ok(())
}
