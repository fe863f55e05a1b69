//! Routes requests: hosts `*.localhost` go to the ingress, all others are routed by path.

use std::future::ready;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::admission::{self, Destination};
use super::registry::RegistryAccess;
use crate::access::{Access, EndpointRoute, Origin};
use crate::account::Account;
use crate::config::{IDENTITY_PATH, PlatformIdentity};
use crate::{ingress, wire};

/// The policy for responses of the account: no scripts, no frames, nothing from elsewhere.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

#[derive(Clone)]
struct Parts {
    main: Router,
    ingress: Router,
}

/// The router of the whole platform.
pub(super) fn router(account: &Arc<Account>, state_dir: &Path) -> Router {
    let identity = PlatformIdentity { state_dir: state_dir.to_owned() };
    let identify = move || ready(Json(identity.clone()));
    let access: Arc<dyn Access> = account.clone();
    let main = Router::new()
        .route("/", get(async || "The local platform of this deployment: a Snowflake account.\n"))
        .route("/healthz", get(async || "ok"))
        .route(IDENTITY_PATH, get(identify))
        .merge(wire::router(Arc::clone(account)))
        .merge(account.registry.router(Arc::new(RegistryAccess(Arc::clone(account)))))
        .fallback(unknown)
        .layer(Extension(Origin::Host));
    let controller = account.controller.clone();
    let upstream = move |route: &EndpointRoute| controller.endpoint_address(&route.key, route.port);
    let ingress = ingress::handler(access, Arc::new(upstream));
    Router::new().fallback(dispatch).with_state(Parts { main, ingress })
}

/// Responds to unknown paths, and logs them.
async fn unknown(request: Request) -> Response {
    tracing::warn!(method = %request.method(), uri = %request.uri(), "unknown path");
    (StatusCode::NOT_FOUND, "unknown path\n").into_response()
}

async fn dispatch(State(parts): State<Parts>, request: Request) -> Response {
    match admission::admit(&request) {
        Ok(Destination::Account) => {
            let mut response = answer(parts.main, request).await;
            // A browser must not run a file of a stage or a blob as a page of the account.
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_PAGE));
            response
        }
        Ok(Destination::Ingress) => answer(parts.ingress, request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(router: Router, request: Request) -> Response {
    match TowerToHyperService::new(router).call(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
