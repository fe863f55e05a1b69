//! Executes statements on the catalog, with the privileges of the session's roles.

mod alter;
mod create;
mod drop;
mod filter;
mod grant;
mod lookup;
mod parameters;
mod select;
mod service;
mod service_checks;
mod service_rows;
mod service_spec;
mod session;
mod show;
mod show_grants;
mod stage;
mod system;
#[cfg(test)]
mod tests;
mod transfer;

use std::sync::Arc;

use crate::account::Account;
use crate::catalog::{Actor, State};
use crate::rows::Rows;
use crate::session::{Session, SessionState};
use crate::sql::SqlError;
use crate::statement::Statement;

pub(crate) use select::VERSION;

/// The result of a statement.
pub(crate) enum Outcome {
    Rows(Rows),
    /// The `data` of a PUT or GET.
    Transfer(serde_json::Value),
    /// The rows of a PUT that has nothing to do. A client that repeats a PUT with the name of one of
    /// several files reads the `stageInfo`.
    Skipped {
        rows: Rows,
        stage_info: serde_json::Value,
    },
    /// The result of an earlier query, by id.
    Earlier(String),
}

impl From<Rows> for Outcome {
    fn from(rows: Rows) -> Self {
        Self::Rows(rows)
    }
}

/// Executes statements of a session on the account.
#[derive(Clone)]
pub(crate) struct Executor {
    pub(crate) account: Arc<Account>,
    pub(crate) session: Arc<Session>,
}

impl Executor {
    /// Executes one statement.
    pub(crate) async fn run(&self, statement: Statement) -> Result<Outcome, SqlError> {
        use Statement::*;
        let rows = match statement {
            Use { kind, part, name } => self.use_object(kind, part, &name)?,
            UseSecondaryRoles { all } => self.use_secondary_roles(all),
            Create(create) => self.create(create).await?,
            Alter { kind, name, if_exists, change } => {
                self.alter(kind, &name, if_exists, change).await?
            }
            AlterSession(change) => self.alter_session(change)?,
            Drop { kinds, name, if_exists, force } => {
                self.drop(&kinds, &name, if_exists, force).await?
            }
            Describe { kind, name } => self.describe(kind, &name)?,
            Show(show) => self.show(show)?,
            Grant(grant) => self.grant(grant)?,
            Select(projections) => self.select(&projections).await?,
            ResultScan { query } => {
                let last = || self.session.state().last_query;
                return query.or_else(last).map(Outcome::Earlier).ok_or_else(|| {
                    SqlError::invalid("there is no earlier statement in this session")
                });
            }
            Call { function, arguments } => self.call(&function, &arguments).await?,
            List { location, pattern } => self.list(&location, pattern.as_deref())?,
            Remove { location, pattern } => self.remove(&location, pattern.as_deref())?,
            Put(transfer) => return self.put(&transfer),
            Get(transfer) => return self.get(&transfer),
            CreateService(create) => self.create_service(create).await?,
        };
        Ok(rows.into())
    }

    fn session_state(&self) -> SessionState {
        self.session.state()
    }

    fn actor(&self, state: &State) -> Actor {
        let session = self.session.state();
        state.actor(&session.identity, &session.role, session.secondary)
    }
}
