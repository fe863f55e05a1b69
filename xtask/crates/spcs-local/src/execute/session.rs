//! USE: the role and the names that a session works with.

use super::Executor;
use crate::access::Identity;
use crate::catalog::{Namespace, State};
use crate::kind::Kind;
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};

pub(super) fn done() -> Rows {
    Rows::status("Statement executed successfully.")
}

impl Executor {
    pub(super) fn use_object(&self, kind: Kind, name: &ObjectName) -> Result<Rows, SqlError> {
        let session = self.session_state();
        // `USE SCHEMA x` needs a current database; the others are names of the account.
        let path = session.namespace.resolve(kind, name)?;
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            if kind == Kind::Role {
                return check_role(state, &session.identity, name.last());
            }
            match state.visible(&actor, kind, &path) {
                Some(_) => Ok(()),
                None => Err(SqlError::no_operation()),
            }
        })?;
        let has_public = kind == Kind::Database
            && self.account.catalog.read(|state| {
                state.find(Kind::Schema, &[path[0].clone(), "PUBLIC".to_owned()]).is_some()
            });
        let mut state = self.session.state_mut();
        match kind {
            Kind::Role => state.role = path[0].clone(),
            Kind::Warehouse => state.warehouse = Some(path[0].clone()),
            Kind::Database => {
                let schema = has_public.then(|| "PUBLIC".to_owned());
                state.namespace = Namespace { database: Some(path[0].clone()), schema };
            }
            _ => {
                let (database, schema) = (Some(path[0].clone()), Some(path[1].clone()));
                state.namespace = Namespace { database, schema };
            }
        }
        Ok(done())
    }

    pub(super) fn use_secondary_roles(&self, all: bool) -> Rows {
        self.session.state_mut().secondary = all;
        done()
    }
}

fn check_role(state: &State, identity: &Identity, role: &str) -> Result<(), SqlError> {
    if state.account_object(Kind::Role, role).is_none() {
        return Err(SqlError::no_operation());
    }
    if state.roles_of(identity).contains(role) {
        return Ok(());
    }
    Err(SqlError::new(
        "003013",
        "42501",
        format!(
            "SQL access control error:\nRequested role '{role}' is not assigned to the executing \
             user. Specify another role to activate."
        ),
    ))
}
