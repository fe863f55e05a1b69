//! A session pool for the steps of a run. Each step has exclusive use of a session, because the
//! role is part of a session's state.

use std::sync::Mutex;

use spcs_plan::Project;

use super::{Error, lock};
use crate::account::{Connection, Session};
use crate::secret::Secrets;

/// Sessions of one connection, opened when needed and reused.
pub struct Sessions {
    connection: Option<Connection>,
    idle: Mutex<Vec<Session>>,
}

impl Sessions {
    /// Creates an empty pool.
    pub fn new(connection: Connection) -> Self {
        Self::of(Some(connection))
    }

    /// Creates an empty pool for a run that may have no target.
    pub(super) fn of(connection: Option<Connection>) -> Self {
        Self { connection, idle: Mutex::default() }
    }

    pub(super) fn connection(&self) -> Result<&Connection, Error> {
        self.connection.as_ref().ok_or(Error::NoTarget)
    }

    /// Takes a session with an arbitrary role; the statements select the role that they need.
    pub async fn take(&self) -> Result<Session, Error> {
        let idle = lock(&self.idle).pop();
        if let Some(session) = idle {
            return Ok(session);
        }
        let connection = self.connection()?;
        Session::connect(connection).await.map_err(|source| Error::Account {
            doing: format!("logging in at `{}`", connection.name),
            source,
        })
    }

    /// Takes a session with the first available role that can see the deployment's objects.
    pub async fn observer(&self, project: &Project) -> Result<Session, Error> {
        let session = self.take().await?;
        let roles = &project.config.roles;
        // A read-only user may not have the first roles.
        let mut refused = None;
        for role in [&roles.account, &roles.system, &project.config.deployment.role] {
            match session.query(&format!("USE ROLE {role}"), &Secrets::none()).await {
                Ok(_) => return Ok(session),
                Err(error) if error.code().is_some() => refused = refused.or(Some(error)),
                Err(source) => {
                    return Err(Error::Account { doing: "choosing a role".to_owned(), source });
                }
            }
        }
        match refused {
            Some(source) => Err(Error::Account { doing: "choosing a role".to_owned(), source }),
            None => Ok(session),
        }
    }

    /// Returns a session to the pool.
    pub fn give_back(&self, session: Session) {
        lock(&self.idle).push(session);
    }
}
