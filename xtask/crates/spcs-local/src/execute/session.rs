//! USE: the current role, warehouse, database and schema of a session.

use super::Executor;
use crate::access::Identity;
use crate::catalog::{Namespace, State};
use crate::kind::{Kind, SessionPart};
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};

pub(super) fn done() -> Rows {
    Rows::status("Statement executed successfully.")
}

impl Executor {
    pub(super) fn use_object(
        &self,
        kind: Kind,
        part: SessionPart,
        name: &ObjectName,
    ) -> Result<Rows, SqlError> {
        let session = self.session_state();
        // `USE SCHEMA x` requires a current database.
        let path = session.namespace.resolve(kind, name)?;
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            if part == SessionPart::Role {
                return check_role(state, &session.identity, name.last());
            }
            match state.visible(&actor, kind, &path) {
                Some(_) => Ok(()),
                None => Err(SqlError::no_operation()),
            }
        })?;
        self.set_current(part, &path);
        Ok(done())
    }

    /// Makes a created object the current one of the session, except a role.
    pub(super) fn use_created(&self, kind: Kind, path: &[String]) {
        if let Some(part) = kind.facts().session.filter(|part| *part != SessionPart::Role) {
            self.set_current(part, path);
        }
    }

    fn set_current(&self, part: SessionPart, path: &[String]) {
        let public = [path[0].clone(), "PUBLIC".to_owned()];
        let has_public = part == SessionPart::Database
            && self
                .account
                .catalog
                .read(|state| state.visible(&self.actor(state), Kind::Schema, &public).is_some());
        let mut session = self.session.state_mut();
        match part {
            SessionPart::Role => session.role = path[0].clone(),
            SessionPart::Warehouse => session.warehouse = Some(path[0].clone()),
            SessionPart::Database => {
                let schema = has_public.then(|| "PUBLIC".to_owned());
                session.namespace = Namespace { database: Some(path[0].clone()), schema };
            }
            SessionPart::Schema => {
                let (database, schema) = (Some(path[0].clone()), Some(path[1].clone()));
                session.namespace = Namespace { database, schema };
            }
        }
    }

    /// Clears a dropped object from the session's current names.
    pub(super) fn clear_dropped(&self, kind: Kind, path: &[String]) {
        let mut session = self.session.state_mut();
        let namespace = &session.namespace;
        let in_database = namespace.database.as_ref() == Some(&path[0]);
        match kind.facts().session {
            Some(SessionPart::Database) if in_database => session.namespace = Namespace::default(),
            Some(SessionPart::Schema)
                if in_database && namespace.schema.as_ref() == Some(&path[1]) =>
            {
                session.namespace.schema = None;
            }
            Some(SessionPart::Warehouse) if session.warehouse.as_ref() == Some(&path[0]) => {
                session.warehouse = None;
            }
            _ => {}
        }
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
