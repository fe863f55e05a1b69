//! DROP, and what has to go from outside the catalog with it.

use super::Executor;
use super::create::refuse_system;
use crate::access::Identity;
use crate::catalog::{ADMIN, Object, State, shown_path};
use crate::kind::Kind;
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};

impl Executor {
    pub(super) async fn drop(
        &self,
        kind: Kind,
        name: &ObjectName,
        if_exists: bool,
        _force: bool,
    ) -> Result<Rows, SqlError> {
        let path = match self.session_state().namespace.resolve(kind, name) {
            Err(_) if if_exists => return Ok(already(name)),
            resolved => resolved?,
        };
        let gone = self.account.catalog.change(|state| {
            let kind = self.integration_kind(state, kind, &path);
            if state.find(kind, &path).is_none() {
                return if if_exists {
                    Ok(None)
                } else {
                    Err(SqlError::missing(kind.title(), &shown_path(&path)))
                };
            }
            self.take_away(state, kind, &path).map(Some)
        })?;
        let Some(gone) = gone else { return Ok(already(name)) };
        self.clear_away(gone).await?;
        self.leave(kind, &path);
        Ok(Rows::status(format!("{} successfully dropped.", name.last())))
    }

    /// `DROP INTEGRATION x` and its longer forms mean the same names.
    fn integration_kind(&self, state: &State, kind: Kind, path: &[String]) -> Kind {
        match kind {
            Kind::ExternalAccessIntegration if state.find(kind, path).is_none() => {
                Kind::SecurityIntegration
            }
            kind => kind,
        }
    }

    fn take_away(
        &self,
        state: &mut State,
        kind: Kind,
        path: &[String],
    ) -> Result<Vec<Object>, SqlError> {
        let actor = self.actor(state);
        let object = state.require(&actor, kind, path, &[])?;
        refuse_system(object)?;
        let name = object.name().to_owned();
        if kind == Kind::User && (name == ADMIN || actor.identity == Identity::User(name.clone())) {
            return Err(SqlError::invalid(format!("user '{name}' cannot be dropped.")));
        }
        if kind == Kind::ComputePool {
            let services: Vec<String> = state
                .services()
                .filter(|(_, record)| record.pool == name)
                .map(|(service, _)| service.full_name())
                .collect();
            if !services.is_empty() {
                return Err(SqlError::new(
                    "395020",
                    "55000",
                    format!(
                        "SQL execution error: Compute pool '{name}' cannot be dropped because it \
                         has services: {}. Drop them first, or use ALTER COMPUTE POOL {name} \
                         STOP ALL.",
                        services.join(", ")
                    ),
                ));
            }
        }
        if kind == Kind::Role {
            // What the role owned is owned by the role that drops it.
            for object in &mut state.objects {
                if object.owner == name {
                    object.owner.clone_from(&actor.role);
                }
            }
        }
        Ok(state.remove(kind, path))
    }

    /// Removes what dropped objects had outside the catalog.
    pub(super) async fn clear_away(&self, gone: Vec<Object>) -> Result<(), SqlError> {
        for object in gone {
            match object.kind {
                Kind::User => {
                    let user = Identity::User(object.name().to_owned());
                    self.account.sessions.close_of(&user);
                }
                Kind::Service => {
                    self.account.sessions.close_of(&Identity::Service(object.path.clone()));
                }
                _ => {}
            }
            self.account.clear_away(object.kind, &object.path).await?;
        }
        Ok(())
    }

    /// A session does not stay in what is gone.
    fn leave(&self, kind: Kind, path: &[String]) {
        let mut session = self.session.state_mut();
        let namespace = &mut session.namespace;
        match kind {
            Kind::Database if namespace.database.as_ref() == Some(&path[0]) => {
                *namespace = crate::catalog::Namespace::default();
            }
            Kind::Schema
                if namespace.database.as_ref() == Some(&path[0])
                    && namespace.schema.as_ref() == Some(&path[1]) =>
            {
                namespace.schema = None;
            }
            Kind::Warehouse if session.warehouse.as_ref() == Some(&path[0]) => {
                session.warehouse = None;
            }
            _ => {}
        }
    }
}

fn already(name: &ObjectName) -> Rows {
    let name = name.last();
    Rows::status(format!("Drop statement executed successfully ({name} already dropped)."))
}
