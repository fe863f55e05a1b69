//! Snowflake's session protocol over HTTP: every answer is 200 and a JSON envelope, errors too.

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

use query::later;

use crate::account::Account;

/// What a login may send, before anybody knows who it is.
const LOGIN: usize = 1 << 20;
/// What any other request may, bind variables among it.
const QUERY: usize = 64 << 20;

/// The protocol's routes.
pub(crate) fn router(account: Arc<Account>) -> Router {
    Router::new()
        .route("/session/v1/login-request", post(login::login).layer(DefaultBodyLimit::max(LOGIN)))
        .route("/session/token-request", post(session::token_request))
        .route("/session/heartbeat", post(session::heartbeat))
        .route("/session", post(session::end))
        .route("/queries/v1/query-request", post(query::submit))
        .route("/queries/v1/abort-request", post(later::abort_request))
        .route("/queries/{id}/abort-request", post(later::abort_query))
        .route("/queries/{id}/result", get(later::result))
        .route("/monitoring/queries/{id}", get(later::monitor))
        .route("/monitoring/queries//{id}", get(later::monitor))
        .route("/telemetry/send", post(session::telemetry))
        .route("/telemetry/send/sessionless", post(session::telemetry))
        // Files go to disk as they come in.
        .route("/stage/{*path}", any(stage::serve).layer(DefaultBodyLimit::disable()))
        .layer(DefaultBodyLimit::max(QUERY))
        .with_state(account)
}
