//! Converts the connector's errors to [`AccountError`].

use snowflake_connector_rs::ErrorKind;

use super::statement::Statement;
use crate::account::{AccountError, Connection};
use crate::error::chain;
use crate::secret::Secrets;

pub(super) fn login(connection: &Connection, error: snowflake_connector_rs::Error) -> AccountError {
    match error.kind() {
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Config => {
            AccountError::unreachable(connection, &chain(&error))
        }
        _ => {
            let said = error.snowflake_message().map_or_else(|| chain(&error), str::to_owned);
            AccountError::login(connection, &said)
        }
    }
}

/// The error for a statement: `Refused` if the account sent a message or a code, otherwise `Lost`.
pub(super) fn statement(
    connection: &str,
    statement: &Statement<'_>,
    secrets: &Secrets,
    error: snowflake_connector_rs::Error,
) -> AccountError {
    let connection = connection.into();
    let request = statement.summary().into();
    let query_id = error.query_id().map(Box::from);
    match (error.snowflake_message(), error.snowflake_code()) {
        (None, None) => {
            let problem = secrets.redact(&chain(&error)).into();
            AccountError::Lost { connection, request, problem, query_id }
        }
        (message, code) => AccountError::Refused {
            connection,
            request,
            message: secrets.redact(message.unwrap_or("no message")).trim().into(),
            code: code.map(Box::from),
            query_id,
        },
    }
}
