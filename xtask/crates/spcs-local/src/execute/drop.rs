//! DROP, and what has to go from outside the catalog with it.

use spcs_local_spec::{self as spec, Volume, VolumeSource};

use super::Executor;
use super::create::refuse_loss;
use crate::access::Identity;
use crate::account::Clearing;
use crate::catalog::{Object, ServiceRecord, State};
use crate::kind::Kind;
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};

impl Executor {
    pub(super) async fn drop(
        &self,
        kinds: &[Kind],
        name: &ObjectName,
        if_exists: bool,
        force: bool,
    ) -> Result<Rows, SqlError> {
        let kind = kinds[0];
        let path = match self.session_state().namespace.resolve(kind, name) {
            Err(_) if if_exists => return Ok(already(name)),
            resolved => resolved?,
        };
        let dropped = |state: &mut State| {
            let there = kinds.iter().copied().find(|kind| state.find(*kind, &path).is_some());
            match there {
                Some(kind) => self.take_away(state, kind, &path, force).map(Some),
                None if if_exists => Ok(None),
                None => Err(SqlError::missing(&kind.title(), &path.join("."))),
            }
        };
        let detach = |gone: Option<Vec<Object>>| gone.map(|gone| self.detach(&gone));
        let Some(clearing) = self.account.catalog.change_then(dropped, detach)? else {
            return Ok(already(name));
        };
        self.redeploy_users(kind, &path[0]);
        self.leave(kind, &path);
        self.account.clear_away(clearing).await?;
        Ok(Rows::status(format!("{} successfully dropped.", name.last())))
    }

    fn take_away(
        &self,
        state: &mut State,
        kind: Kind,
        path: &[String],
        force: bool,
    ) -> Result<Vec<Object>, SqlError> {
        let actor = self.actor(state);
        let object = state.require(&actor, kind, path, &[])?;
        refuse_loss(object, &actor)?;
        let name = object.name().to_owned();
        if !force && object.service.as_deref().is_some_and(has_block_volume) {
            return Err(SqlError::new(
                "395021",
                "55000",
                format!(
                    "SQL execution error: Service '{name}' has block storage volumes, which would \
                     be lost. Use DROP SERVICE {name} FORCE to drop them with it."
                ),
            ));
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

    /// Ends the sessions of dropped users and services, and detaches what dropped objects had
    /// outside the catalog; to be called while the catalog is locked.
    pub(super) fn detach(&self, gone: &[Object]) -> Clearing {
        for object in gone {
            let identity = match object.kind {
                Kind::User => Identity::User(object.name().to_owned()),
                Kind::Service => Identity::Service(object.path.clone()),
                _ => continue,
            };
            self.account.sessions.close_of(&identity);
        }
        self.account.detach_objects(gone)
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

fn has_block_volume(record: &ServiceRecord) -> bool {
    let spec = spec::parse(&record.spec_text);
    let is_block = |volume: &Volume| matches!(volume.source, VolumeSource::Block { .. });
    spec.is_ok_and(|spec| spec.volumes.iter().any(is_block))
}

fn already(name: &ObjectName) -> Rows {
    let name = name.last();
    Rows::status(format!("Drop statement executed successfully ({name} already dropped)."))
}
