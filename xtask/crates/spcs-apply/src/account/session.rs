//! SQL sessions: one statement per call, rows as text.

use std::sync::Arc;

use snowflake_connector_rs::{AuthConfig, Client, ClientConfig, EndpointConfig, KeyPairConfig};
use snowflake_connector_rs::{QueryConfig, SessionConfig};
use tokio::sync::Mutex;

use super::{AccountError, Auth, Connection};
use crate::secret::Secrets;

mod answer;
mod error;
mod statement;

pub use answer::{Row, Rows};
use statement::Statement;

/// The time limit of a statement: longer than any statement sent from here takes.
const STATEMENT_LIMIT: std::time::Duration = std::time::Duration::from_secs(900);

/// A session. Statements may run in parallel. It is never closed: the connector does not log out,
/// and the server expires an idle session.
pub struct Session {
    client: Client,
    /// The connection's name, for messages.
    target: String,
    current: Mutex<Current>,
}

/// The current session, and the state to restore when it has expired and is replaced.
struct Current {
    session: Arc<snowflake_connector_rs::Session>,
    /// The last `USE` statement for each property of the session.
    uses: Vec<(String, String)>,
}

impl Session {
    /// Logs in.
    pub async fn connect(connection: &Connection) -> Result<Session, AccountError> {
        let auth = match &connection.auth {
            // Snowflake accepts a programmatic access token as the password.
            Auth::Password(secret) | Auth::Token(secret) => AuthConfig::password(secret.expose()),
            Auth::OAuth(token) => AuthConfig::oauth(token.expose()),
            Auth::KeyPair { pem, passphrase: None } => {
                AuthConfig::key_pair(KeyPairConfig::from_pem(pem.expose()))
            }
            Auth::KeyPair { pem, passphrase: Some(passphrase) } => AuthConfig::key_pair(
                KeyPairConfig::from_encrypted_pem(pem.expose(), passphrase.expose()),
            ),
        };
        let mut start = SessionConfig::new();
        if let Some(role) = &connection.role {
            start = start.with_role(role);
        }
        if let Some(warehouse) = &connection.warehouse {
            start = start.with_warehouse(warehouse);
        }
        let config = ClientConfig::new(&connection.user, &connection.account, auth)
            .with_session(start)
            .with_query(QueryConfig::new().with_query_response_timeout(STATEMENT_LIMIT))
            .with_endpoint(EndpointConfig::custom_base_url(connection.url.clone()));
        let failed = |error| error::login(connection, error);
        let client = Client::new(config).map_err(failed)?;
        let session = client.create_session().await.map_err(failed)?;
        tracing::debug!(target = connection.name, user = connection.user, "session opened");
        let current = Current { session: Arc::new(session), uses: Vec::new() };
        Ok(Session { client, target: connection.name.clone(), current: Mutex::new(current) })
    }

    /// Runs one statement. Its markers are replaced from `secrets` just before it is sent. If the
    /// session has expired, it is replaced once and the statement is sent again. The statement has
    /// not run before, because the server checks the session first.
    pub async fn query(&self, sql: &str, secrets: &Secrets) -> Result<Rows, AccountError> {
        let statement = Statement::of(sql);
        if statement.transfers_files() {
            return Err(AccountError::Transfer { statement: statement.summary() });
        }
        let filled =
            spcs_plan::secret::fill(sql, |name| secrets.get(name).map(|secret| secret.expose()))
                .map_err(|error| AccountError::Secret {
                    statement: statement.summary(),
                    problem: error.to_string(),
                })?;
        let session = Arc::clone(&self.current.lock().await.session);
        let failed = |error| error::statement(&self.target, &statement, secrets, error);
        tracing::debug!(target = self.target, sql = statement.summary(), "statement");
        let rows = match answer::fetch(&session, filled.clone()).await {
            Err(error) if error.is_session_expired() => {
                let session = self.renew(&session).await.map_err(failed)?;
                answer::fetch(&session, filled).await.map_err(failed)?
            }
            answer => answer.map_err(failed)?,
        };
        if let Some(kind) = statement.uses() {
            let mut current = self.current.lock().await;
            current.uses.retain(|(other, _)| *other != kind);
            current.uses.push((kind, sql.to_owned()));
        }
        Ok(rows)
    }

    /// Replaces the session `expired` with a new one and repeats the `USE` statements, unless
    /// another caller has already replaced it.
    async fn renew(
        &self,
        expired: &Arc<snowflake_connector_rs::Session>,
    ) -> snowflake_connector_rs::Result<Arc<snowflake_connector_rs::Session>> {
        let mut current = self.current.lock().await;
        if Arc::ptr_eq(&current.session, expired) {
            tracing::debug!(target = self.target, "the session expired; logging in again");
            let session = Arc::new(self.client.create_session().await?);
            for (_, sql) in &current.uses {
                answer::fetch(&session, sql.clone()).await?;
            }
            current.session = session;
        }
        Ok(Arc::clone(&current.session))
    }
}

#[cfg(test)]
mod tests;
