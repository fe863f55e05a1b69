//! The ingress proxy: the only way from outside to a public endpoint of a service.
//!
//! Every request whose host is `<label>.localhost` comes here. Browsers sign in on a form and
//! carry a cookie; programs send `Authorization: Snowflake Token="…"`. Who holds the endpoint's
//! service role is passed on to the container, under the header rules that SPCS documents.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use http::{Method, StatusCode};

use crate::access::{Access, EndpointRoute};

mod activity;
mod credentials;
mod headers;
pub(crate) mod host;
mod page;
mod proxy;
mod sign_in;
mod tunnel;

use credentials::Presented;
use page::Refusal;

/// Where the container port behind an endpoint is reached, while its service is ready.
pub type Upstream = Arc<dyn Fn(&EndpointRoute) -> Option<SocketAddr> + Send + Sync>;

/// A connection without any traffic for this long is closed, as SPCS documents.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

struct Ingress {
    access: Arc<dyn Access>,
    upstream: Upstream,
    idle: Duration,
}

/// What a sign-in may send. Bodies for containers pass without being collected, so without limit.
const FORM: usize = 1 << 20;

/// Serves the requests of ingress hosts.
pub fn handler(access: Arc<dyn Access>, upstream: Upstream) -> Router {
    handler_with_idle_timeout(access, upstream, IDLE_TIMEOUT)
}

/// The same with another idle timeout than SPCS's.
pub fn handler_with_idle_timeout(
    access: Arc<dyn Access>,
    upstream: Upstream,
    idle: Duration,
) -> Router {
    let ingress = Arc::new(Ingress { access, upstream, idle });
    Router::new().fallback(serve).layer(DefaultBodyLimit::max(FORM)).with_state(ingress)
}

async fn serve(State(ingress): State<Arc<Ingress>>, request: Request) -> Response {
    let wants_page = page::wanted(&request);
    match answer(&ingress, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.respond(wants_page),
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
    let presented = credentials::presented(request.headers());
    let principal = presented.token().and_then(|token| ingress.access.token(token));
    let Some(principal) = principal else {
        return sign_in::demand(&presented, &request);
    };
    if !ingress.access.may_use_endpoint(&principal, &route) {
        return Err(Refusal::denied(&host, &principal));
    }
    let Some(address) = (ingress.upstream)(&route) else {
        let text = format!("The service {} is not ready.", route.service);
        return Err(Refusal::not_ready(text));
    };
    let renewed = match &presented {
        Presented::Cookie(cookie) if cookie.is_stale() => {
            Some(credentials::set_cookie(&ingress.access.issue_token(&principal)))
        }
        _ => None,
    };
    let mut response = proxy::forward(request, &host, &principal, address, ingress.idle).await?;
    if let Some(cookie) = renewed {
        response.headers_mut().append(http::header::SET_COOKIE, cookie);
    }
    Ok(response)
}
