//! Tokens, heartbeats and the end of sessions. Telemetry is discarded.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;

use super::body;
use super::reply::{failure, respond, session_gone, success};
use crate::account::Account;
use crate::scalar::Scalar;
use crate::session::Issued;

/// The fields of a token request that the local platform uses.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenRequest {
    #[serde(default)]
    request_type: Scalar,
}

/// `POST /session/token-request`: RENEW a session, or ISSUE a token for the registry.
pub(super) async fn token_request(
    State(account): State<Arc<Account>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let held = match body::read(&account.body_budget, &headers, body, body::SMALL).await {
        Ok(held) => held,
        Err(refusal) => return *refusal,
    };
    let request: TokenRequest = match held.json() {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let session = body::token(&headers).and_then(|token| account.sessions.by_master(token));
    let Some(session) = session else {
        return respond(failure(
            "390114",
            "Authentication token has expired. The user must authenticate again.",
        ));
    };
    let validity = account.timing.session_validity.as_secs();
    let master_validity = account.timing.master_validity.as_secs();
    let (token, master) = match request.request_type.text() {
        Some("RENEW") => {
            let tokens = account.sessions.renew(&session);
            (tokens.session, tokens.master)
        }
        Some("ISSUE") => {
            let state = session.state();
            let (identity, role, secondary) = (state.identity, state.role, state.secondary);
            let issued = account.sessions.issue(Issued { identity, role, secondary });
            (issued, session.tokens().master)
        }
        other => {
            let message = format!("requestType {other:?} is unknown; use RENEW or ISSUE.");
            return respond(failure("391902", &message));
        }
    };
    respond(success(json!({
        "sessionToken": token,
        "validityInSecondsST": validity,
        "masterToken": master,
        "validityInSecondsMT": master_validity,
        "sessionId": session.id,
    })))
}

/// `POST /session/heartbeat`
pub(super) async fn heartbeat(State(account): State<Arc<Account>>, headers: HeaderMap) -> Response {
    let session = body::token(&headers).and_then(|token| account.sessions.by_token(token));
    match session {
        Some(session) => {
            account.sessions.touch(&session);
            respond(success(serde_json::Value::Null))
        }
        _ => session_gone(),
    }
}

/// `POST /session?delete=true`
pub(super) async fn end(
    State(account): State<Arc<Account>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let session = body::token(&headers).and_then(|token| account.sessions.by_token(token));
    match session {
        Some(session) if query.get("delete").is_some_and(|value| value == "true") => {
            account.sessions.close(session.id);
            respond(success(serde_json::Value::Null))
        }
        Some(_) => respond(failure("391902", "delete=true is required.")),
        _ => session_gone(),
    }
}

/// `POST /telemetry/send`
pub(super) async fn telemetry() -> Response {
    respond(json!({"data": "Log Received", "code": null, "message": null, "success": true}))
}
