//! Snowflake's HTTP protocol. Every response has status 200 and a JSON envelope, even errors.

mod body;
mod login;
mod origin;
mod query;
mod reply;
mod session;
mod stage;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use query::follow_up;

use crate::account::Account;

/// The routes of the protocol, for requests with an [`Origin`](crate::access::Origin). Each handler
/// reads the body itself, with a limit.
pub(crate) fn router(account: Arc<Account>) -> Router {
    Router::new()
        .route("/session/v1/login-request", post(login::login))
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
        .route("/stage/{*path}", any(stage::serve))
        .layer(from_fn_with_state(Arc::clone(&account), origin::bind_session))
        .with_state(account)
}
