//! Reads query requests.

use axum::response::Response;
use serde::Deserialize;

use crate::body_budget::Share;
use crate::scalar::Scalar;
use crate::sql::{Bindings, check_length};
use crate::statement::redacted;
use crate::wire::body::Held;
use crate::wire::reply::{failure, respond};

/// A valid query request.
pub(super) struct Read {
    pub(super) request: Request,
    pub(super) text: String,
    /// The text without secrets.
    pub(super) redacted: String,
    /// Held until the query finishes.
    pub(super) share: Share,
}

/// Parses a request. A large one takes a while, so this must not run on a runtime thread.
pub(super) fn read(held: Held) -> Result<Read, Box<Response>> {
    let mut request: Request = held.json()?;
    let Scalar::Text(text) = std::mem::take(&mut request.sql_text) else {
        return Err(Box::new(respond(failure("000900", "The request has no sqlText."))));
    };
    if let Err(error) = check_length(&text) {
        return Err(Box::new(respond(failure(error.code, &error.message))));
    }
    let redacted = redacted(&text);
    Ok(Read { request, text, redacted, share: held.share })
}

/// The fields of a query request that the local platform uses.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    #[serde(default)]
    sql_text: Scalar,
    #[serde(default)]
    pub(super) describe_only: Scalar,
    #[serde(default)]
    pub(super) async_exec: Scalar,
    #[serde(default)]
    pub(super) bindings: Bindings,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "MULTI_STATEMENT_COUNT", default)]
    statements: Scalar,
}

impl Request {
    /// The request's MULTI_STATEMENT_COUNT.
    pub(super) fn statements(&self) -> Option<i64> {
        match self.parameters.as_ref()?.statements {
            Scalar::Number(count) => Some(count),
            _ => None,
        }
    }
}
