//! Snowflake's HTTP protocol. Every response has status 200 and a JSON envelope, even errors.

mod body;
mod login;
mod query;
mod reply;
mod session;
mod stage;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};

use query::follow_up;

use crate::account::Account;

/// The maximum body size of a login, which is not authenticated yet.
const MAX_LOGIN_BODY: usize = 1 << 20;
/// The maximum body size of other requests, which can contain bind variables.
const MAX_BODY: usize = 64 << 20;

/// The routes of the protocol.
pub(crate) fn router(account: Arc<Account>) -> Router {
    Router::new()
        .route(
            "/session/v1/login-request",
            post(login::login).layer(DefaultBodyLimit::max(MAX_LOGIN_BODY)),
        )
        .route("/session/token-request", post(session::token_request))
        .route("/session/heartbeat", post(session::heartbeat))
        .route("/session", post(session::end))
        .route("/queries/v1/query-request", post(query::submit))
        .route("/queries/v1/abort-request", post(follow_up::abort_request))
        .route("/queries/{id}/abort-request", post(follow_up::abort_query))
        .route("/queries/{id}/result", get(follow_up::result))
        .route("/monitoring/queries/{id}", get(follow_up::monitor))
        .route("/monitoring/queries//{id}", get(follow_up::monitor))
        .route("/telemetry/send", post(session::telemetry))
        .route("/telemetry/send/sessionless", post(session::telemetry))
        // Uploads are streamed to disk.
        .route("/stage/{*path}", any(stage::serve).layer(DefaultBodyLimit::disable()))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(account)
}
