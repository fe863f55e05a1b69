//! Snowflake's session protocol over HTTP: every answer is 200 and a JSON envelope, errors too.

mod body;
mod login;
mod queries;
mod query;
mod reply;
mod session;
mod stage;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};

use crate::account::Account;

pub(crate) use queries::Queries;

/// The protocol's routes.
pub(crate) fn router(account: Arc<Account>) -> Router {
    Router::new()
        .route("/session/v1/login-request", post(login::login))
        .route("/session/token-request", post(session::token_request))
        .route("/session/heartbeat", post(session::heartbeat))
        .route("/session", post(session::end))
        .route("/queries/v1/query-request", post(query::submit))
        .route("/queries/v1/abort-request", post(query::abort_request))
        .route("/queries/{id}/abort-request", post(query::abort_query))
        .route("/queries/{id}/result", get(query::result))
        .route("/monitoring/queries/{id}", get(query::monitor))
        .route("/monitoring/queries//{id}", get(query::monitor))
        .route("/telemetry/send", post(session::telemetry))
        .route("/telemetry/send/sessionless", post(session::telemetry))
        .route("/stage/{*path}", any(stage::serve))
        .layer(DefaultBodyLimit::disable())
        .with_state(account)
}
