//! Requests about a submitted query: its result, its status, aborting it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{cancelled, session, wait};
use crate::account::Account;
use crate::queries::Query;
use crate::scalar::Scalar;
use crate::wire::body;
use crate::wire::reply::{failure, respond, success};

fn own_query(account: &Account, headers: &HeaderMap, id: &str) -> Result<Query, Box<Response>> {
    let session = session(account, headers)?;
    let found = account.queries.by_id(id.trim_matches('/'));
    // A query can be used in any session of its user.
    let identity = session.state().identity;
    found
        .filter(|query| query.identity == identity)
        .ok_or_else(|| Box::new(respond(failure("000709", &format!("Statement {id} not found")))))
}

/// `GET /queries/{id}/result`: a long poll.
pub(in crate::wire) async fn result(
    State(account): State<Arc<Account>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match own_query(&account, &headers, &id) {
        Ok(query) => wait(&account, &query).await,
        Err(refusal) => *refusal,
    }
}

/// `GET /monitoring/queries/{id}`
pub(in crate::wire) async fn monitor(
    State(account): State<Arc<Account>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let query = match own_query(&account, &headers, &id) {
        Ok(query) => query,
        Err(refusal) => return *refusal,
    };
    let finished = query.finished();
    let status = match &finished {
        None => "RUNNING",
        Some(answer) if answer.success => "SUCCESS",
        Some(_) => "FAILED_WITH_ERROR",
    };
    let failed = finished.filter(|answer| !answer.success).map(|answer| answer.json());
    respond(success(json!({"queries": [{
        "id": query.id,
        "status": status,
        "state": if status == "RUNNING" { "RUNNING" } else { "FINISHED" },
        "sqlText": &*query.text,
        "sessionId": query.session,
        "errorCode": failed.as_ref().map(|answer| answer["code"].clone()),
        "errorMessage": failed.as_ref().map(|answer| answer["message"].clone()),
    }]})))
}

/// The JSON of an abort request. Clients send the text of the query too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AbortRequest {
    #[serde(default)]
    request_id: Scalar,
}

/// `POST /queries/v1/abort-request`, with the id of the request that started the query.
pub(in crate::wire) async fn abort_request(
    State(account): State<Arc<Account>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let session = match session(&account, &headers) {
        Ok(session) => session,
        Err(gone) => return *gone,
    };
    let held = match body::read(&account.body_budget, &headers, body, body::QUERY).await {
        Ok(held) => held,
        Err(refusal) => return *refusal,
    };
    let request: AbortRequest = match held.json() {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let id = request.request_id.text().unwrap_or_default();
    match account.queries.by_request(session.id, id) {
        Some(query) => abort(&query),
        None => not_executing(),
    }
}

/// `POST /queries/{id}/abort-request`
pub(in crate::wire) async fn abort_query(
    State(account): State<Arc<Account>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match own_query(&account, &headers, &id) {
        Ok(query) => abort(&query),
        Err(refusal) => *refusal,
    }
}

fn abort(query: &Query) -> Response {
    if query.finished().is_some() {
        return not_executing();
    }
    query.abort_token.cancel();
    query.finish(&cancelled(query));
    respond(success(Json::Null))
}

fn not_executing() -> Response {
    respond(failure("000605", "Identified SQL statement is not currently executing."))
}
