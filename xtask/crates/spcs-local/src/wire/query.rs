//! Submits and runs queries.

pub(super) mod follow_up;
mod request;

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query as Parameters, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::{Value as Json, json};

use super::reply::{self, respond, session_gone, sql_error, success};
use super::{body, reply::rows};
use crate::account::Account;
use crate::blocking;
use crate::execute::{Executor, Outcome};
use crate::queries::Query;
use crate::rows::Rows;
use crate::scalar::Scalar;
use crate::session::Session;
use crate::sql::{self, Bindings, SqlError};
use crate::statement::{Statement, parse};
use request::{Read, read};

/// The options of a query request.
struct Options {
    /// `Accept: application/snowflake`, which PUT and GET do not support.
    snowflake_format: bool,
    describe_only: bool,
    bindings: Bindings,
    /// The request's MULTI_STATEMENT_COUNT.
    statements: Option<i64>,
}

fn session(account: &Account, headers: &HeaderMap) -> Result<Arc<Session>, Box<Response>> {
    let token = body::token(headers);
    token.and_then(|token| account.sessions.by_token(token)).ok_or_else(|| Box::new(session_gone()))
}

/// `POST /queries/v1/query-request`
pub(super) async fn submit(
    State(account): State<Arc<Account>>,
    Parameters(parameters): Parameters<HashMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let session = match session(&account, &headers) {
        Ok(session) => session,
        Err(gone) => {
            body::discard(body).await;
            return *gone;
        }
    };
    let held = match body::read(&account.body_budget, &headers, body, body::QUERY).await {
        Ok(held) => held,
        Err(refusal) => return *refusal,
    };
    let Read { request, text, redacted, share } = match blocking::call(|| read(held)).await {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let options = Options {
        snowflake_format: accept.contains("application/snowflake"),
        describe_only: request.describe_only == Scalar::Boolean(true),
        statements: request.statements(),
        bindings: request.bindings,
    };
    let request_id = parameters.get("requestId").map(String::as_str);
    let (query, new) = account.queries.begin(&session, request_id, &redacted);
    if new {
        let (account, work) = (Arc::clone(&account), query.clone());
        let statement = async move {
            let _share = share;
            run(&account, &session, &work, &text, &options).await
        };
        let query = query.clone();
        let abort_token = query.abort_token.clone();
        let task = tokio::spawn(async move { blocking::run(statement, &abort_token).await });
        // The client gets a response even if the task is cancelled or panics.
        tokio::spawn(async move {
            let envelope = match task.await {
                Ok(Some(envelope)) => envelope,
                Ok(None) => cancelled(&query),
                Err(_) => internal(&query),
            };
            query.finish(&envelope);
        });
    }
    if request.async_exec == Scalar::Boolean(true) {
        return respond(in_progress(&query, "333334"));
    }
    wait(&account, &query).await
}

async fn wait(account: &Account, query: &Query) -> Response {
    match query.answer(account.timing.long_poll).await {
        Some(answer) => reply::answered(answer),
        None => respond(in_progress(query, "333333")),
    }
}

fn in_progress(query: &Query, code: &str) -> Json {
    json!({
        "data": {
            "queryId": query.id,
            "getResultUrl": format!("/queries/{}/result", query.id),
            "queryAbortsAfterSecs": 300,
            "progressDesc": null,
        },
        "code": code,
        "message": "Query execution in progress.",
        "success": true,
    })
}

async fn run(
    account: &Arc<Account>,
    session: &Arc<Session>,
    query: &Query,
    text: &str,
    options: &Options,
) -> Json {
    let executor = Executor { account: Arc::clone(account), session: Arc::clone(session) };
    let answer = match sql::split(text) {
        Err(error) => Err(error),
        Ok(statements) => {
            let configured = session.state().parameters.get("MULTI_STATEMENT_COUNT").cloned();
            let wanted = options
                .statements
                .or_else(|| configured.and_then(|value| value.shown().parse().ok()))
                .unwrap_or(1);
            match statements.as_slice() {
                [] => Err(SqlError::new(
                    "000900",
                    "42601",
                    "SQL compilation error:\nEmpty SQL statement.",
                )),
                many if wanted != 0 && wanted != many.len() as i64 => Err(SqlError::new(
                    "000008",
                    "0A000",
                    format!(
                        "Actual statement count {} did not match the desired statement count \
                         {wanted}.",
                        many.len()
                    ),
                )),
                [tokens] => {
                    let bound = sql::bind(tokens.clone(), &options.bindings);
                    match bound.and_then(|tokens| parse(&tokens)) {
                        Ok(statement) => one(&executor, query, statement, options).await,
                        Err(error) => Err(error),
                    }
                }
                many => several(&executor, query, many, options).await,
            }
        }
    };
    session.state_mut().last_query = Some(query.id.clone());
    match answer {
        Ok(envelope) => {
            tracing::info!(session = session.id, query = %query.id, "statement executed");
            envelope
        }
        Err(error) => {
            let code = error.code;
            tracing::info!(session = session.id, query = %query.id, code, "statement refused");
            sql_error(&error, &query.id)
        }
    }
}

async fn one(
    executor: &Executor,
    query: &Query,
    statement: Statement,
    options: &Options,
) -> Result<Json, SqlError> {
    let is_transfer = matches!(statement, Statement::Put(_) | Statement::Get(_));
    if is_transfer && options.snowflake_format {
        return Err(SqlError::unsupported("unsupported_requested_format:snowflake"));
    }
    let reads = matches!(
        statement,
        Statement::Select(_)
            | Statement::Show(_)
            | Statement::Describe { .. }
            | Statement::List { .. }
    );
    if options.describe_only && !reads {
        return Err(SqlError::unsupported("describeOnly"));
    }
    let outcome = executor.run(statement).await?;
    let state = executor.session.state();
    Ok(success(match outcome {
        Outcome::Rows(result) => rows(&result, &query.id, &state),
        Outcome::Transfer(data) => reply::transfer(data, &query.id, &state),
        Outcome::Skipped { rows: skipped, stage_info } => {
            let mut data = rows(&skipped, &query.id, &state);
            data["stageInfo"] = stage_info;
            data
        }
        Outcome::Earlier(id) => {
            let earlier = executor.account.queries.by_id(&id);
            // A result can be read in any session of its user.
            let earlier = earlier.filter(|earlier| earlier.identity == state.identity);
            let answer = match earlier {
                Some(earlier) => earlier.answer(executor.account.timing.long_poll).await,
                None => None,
            };
            let answer = answer.filter(|answer| answer.success).ok_or_else(|| {
                SqlError::new("000709", "02000", format!("Statement {id} not found"))
            })?;
            let mut data = answer.json()["data"].take();
            data["queryId"] = json!(query.id);
            data
        }
    }))
}

/// Runs several statements of one request. Each becomes a query; the first failure ends the request.
async fn several(
    executor: &Executor,
    query: &Query,
    statements: &[Vec<sql::Token>],
    options: &Options,
) -> Result<Json, SqlError> {
    let mut ids = Vec::new();
    for tokens in statements {
        let (child, _) = executor.account.queries.begin(&executor.session, None, "");
        let child = Child(child);
        let done = match parse(tokens) {
            Ok(statement) => one(executor, &child.0, statement, options).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(envelope) => child.0.finish(&envelope),
            Err(error) => {
                child.0.finish(&sql_error(&error, &child.0.id));
                return Err(error);
            }
        }
        executor.session.state_mut().last_query = Some(child.0.id.clone());
        ids.push(child.0.id.clone());
        // Ends this poll, so that an abort takes effect and the thread is free for others.
        tokio::task::yield_now().await;
    }
    let result = Rows::status("Multiple statements executed successfully.");
    let mut data = rows(&result, &query.id, &executor.session.state());
    // The type code for several results.
    data["statementTypeId"] = json!(0xA000);
    data["resultIds"] = json!(ids.join(","));
    data["resultTypes"] = json!(vec!["4096"; ids.len()].join(","));
    Ok(success(data))
}

/// The query of one of several statements. If the request is cancelled, dropping this ends the
/// query, so that clients that wait for it get a response.
struct Child(Query);

impl Drop for Child {
    fn drop(&mut self) {
        self.0.finish(&cancelled(&self.0));
    }
}

fn cancelled(query: &Query) -> Json {
    let cancelled = SqlError::new("000604", "57014", "SQL execution canceled");
    sql_error(&cancelled, &query.id)
}

/// A bug in the platform; the log has the panic.
fn internal(query: &Query) -> Json {
    let message = "SQL execution internal error:\nProcessing aborted; see the platform's log.";
    sql_error(&SqlError::new("000603", "XX000", message), &query.id)
}
