//! CREATE of every kind but services.

use super::{Executor, properties};
use crate::access::Identity;
use crate::catalog::{ADMIN, Actor, Namespace, Object, State};
use crate::clock;
use crate::kind::Kind;
use crate::rows::Rows;
use crate::sql::{SqlError, needs_quotes};
use crate::statement::{Create, CreateMode};

/// What the catalog did.
enum Made {
    New,
    Altered,
    Kept,
    /// Replaced; these are gone.
    Replaced(Vec<Object>),
}

impl Executor {
    pub(super) async fn create(&self, create: Create) -> Result<Rows, SqlError> {
        let kind = create.kind;
        let path = self.session_state().namespace.resolve(kind, &create.name)?;
        if kind == Kind::ImageRepository {
            refuse_quoted(kind, &path)?;
        }
        let name = create.name.last().to_owned();
        let detach = |made: Made| {
            let clearing = match &made {
                Made::Replaced(gone) => Some(self.detach(gone)),
                _ => None,
            };
            (made, clearing)
        };
        let change = |state: &mut State| self.make(state, create, &path);
        let (made, clearing) = self.account.catalog.change_then(change, detach)?;
        let message = match &made {
            Made::Kept => format!("{name} already exists, statement succeeded."),
            Made::Altered => format!("{} {name} successfully altered.", created_title(kind)),
            _ => format!("{} {name} successfully created.", created_title(kind)),
        };
        if let Some(clearing) = clearing {
            self.account.clear_away(clearing).await?;
        } else if matches!(made, Made::Kept | Made::Altered) {
            return Ok(Rows::status(message));
        }
        if kind == Kind::Stage {
            self.make_stage(&path)?;
        }
        self.redeploy_users(kind, &path[0]);
        self.enter(kind, &path);
        Ok(Rows::status(message))
    }

    fn make(&self, state: &mut State, create: Create, path: &[String]) -> Result<Made, SqlError> {
        let Create { kind, mode, properties, .. } = create;
        let actor = self.actor(state);
        let now = clock::now();
        let is_integration =
            |kind| matches!(kind, Kind::ExternalAccessIntegration | Kind::SecurityIntegration);
        let there = state
            .objects
            .iter()
            .find(|object| {
                object.path == path
                    && (object.kind == kind || is_integration(object.kind) && is_integration(kind))
            })
            .cloned();
        let mut gone = Vec::new();
        match (&there, mode) {
            (Some(there), CreateMode::IfNotExists) if there.kind == kind => {
                state.require_create(&actor, kind, path)?;
                return Ok(Made::Kept);
            }
            (Some(_), CreateMode::OrAlter) => {
                let mut object = state.require(&actor, kind, path, &[])?.clone();
                properties::replace(&mut object, properties)?;
                object.updated = now;
                self.check(state, &mut object)?;
                if let Some(slot) = state.find_mut(kind, path) {
                    *slot = object;
                }
                return Ok(Made::Altered);
            }
            (Some(there), CreateMode::OrReplace) if there.kind == kind => {
                state.require_create(&actor, kind, path)?;
                state.require(&actor, kind, path, &[])?;
                refuse_loss(there, &actor)?;
                gone = state.remove(kind, path);
            }
            (Some(_), _) => return Err(SqlError::exists(&path.join("."))),
            (None, _) => state.require_create(&actor, kind, path)?,
        }
        let mut object = Object::new(kind, path.to_vec(), &actor.role, now);
        properties::prepare(&mut object);
        properties::set(&mut object, properties);
        self.check(state, &mut object)?;
        if kind == Kind::Database {
            let schema = |name: &str, owner: &str| {
                let path = vec![path[0].clone(), name.to_owned()];
                Object::new(Kind::Schema, path, owner, now)
            };
            state.add(schema("INFORMATION_SCHEMA", ""));
            state.add(schema("PUBLIC", &actor.role));
        }
        state.add(object);
        Ok(if gone.is_empty() { Made::New } else { Made::Replaced(gone) })
    }

    /// What was created becomes the session's current one.
    fn enter(&self, kind: Kind, path: &[String]) {
        let mut session = self.session.state_mut();
        match kind {
            Kind::Warehouse => session.warehouse = Some(path[0].clone()),
            Kind::Database => {
                let schema = Some("PUBLIC".to_owned());
                session.namespace = Namespace { database: Some(path[0].clone()), schema };
            }
            Kind::Schema => {
                let (database, schema) = (Some(path[0].clone()), Some(path[1].clone()));
                session.namespace = Namespace { database, schema };
            }
            _ => {}
        }
    }
}

fn created_title(kind: Kind) -> String {
    match kind {
        Kind::Stage => "Stage area".to_owned(),
        kind => kind.title(),
    }
}

/// The administrator and whoever asks stay, and so does what belongs to the system.
pub(super) fn refuse_loss(object: &Object, actor: &Actor) -> Result<(), SqlError> {
    let name = object.name();
    let oneself = actor.identity == Identity::User(name.to_owned());
    if object.kind == Kind::User && (name == ADMIN || oneself) {
        return Err(SqlError::invalid(format!("user '{name}' cannot be dropped.")));
    }
    refuse_system(object)
}

/// Images and services are found by lower-case paths and host names, so names that differ in case
/// only would be the same there.
pub(super) fn refuse_quoted(kind: Kind, path: &[String]) -> Result<(), SqlError> {
    match path.iter().find(|name| needs_quotes(name)) {
        None => Ok(()),
        Some(name) => Err(SqlError::invalid(format!(
            "invalid {} name '{}': '{name}' needs quotes, which are not supported for it nor for \
             its database and schema.",
            kind.label().to_lowercase(),
            path.join(".")
        ))),
    }
}

/// System roles and INFORMATION_SCHEMA stay as they are.
pub(super) fn refuse_system(object: &Object) -> Result<(), SqlError> {
    if object.owner.is_empty() {
        let kind = object.kind.label().to_lowercase();
        return Err(SqlError::insufficient(&format!("{kind} '{}'", object.name())));
    }
    Ok(())
}
