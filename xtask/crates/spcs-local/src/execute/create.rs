//! CREATE of every kind but services.

use super::Executor;
use crate::catalog::State;
use crate::clock;
use crate::kind::{Kind, Object, Outside};
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
        refuse_quoted(kind, &path)?;
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
        let title = kind.facts().created_as.map_or_else(|| kind.title(), str::to_owned);
        let message = match &made {
            Made::Kept => format!("{name} already exists, statement succeeded."),
            Made::Altered => format!("{title} {name} successfully altered."),
            _ => format!("{title} {name} successfully created."),
        };
        if let Some(clearing) = clearing {
            self.account.clear_away(clearing).await?;
        } else if matches!(made, Made::Kept | Made::Altered) {
            return Ok(Rows::status(message));
        }
        if kind.facts().outside == Outside::Files {
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
        // Kinds of one label share their names.
        let labelled = Kind::labelled(kind.label()).into_iter();
        let there = labelled.filter_map(|kind| state.find(kind, path)).next().cloned();
        let mut gone = Vec::new();
        match (&there, mode) {
            (Some(there), CreateMode::IfNotExists) if there.kind() == kind => {
                state.require_create(&actor, kind, path)?;
                return Ok(Made::Kept);
            }
            (Some(_), CreateMode::OrAlter) => {
                let mut object = state.require(&actor, kind, path, &[])?.clone();
                object.replace(properties)?;
                object.updated = now;
                object.check(&self.around(state))?;
                state.put(object);
                return Ok(Made::Altered);
            }
            (Some(there), CreateMode::OrReplace) if there.kind() == kind => {
                state.require_create(&actor, kind, path)?;
                state.require(&actor, kind, path, &[])?;
                there.check_drop(&self.around(state), true)?;
                gone = state.remove(kind, path);
            }
            (Some(_), _) => return Err(SqlError::exists(&path.join("."))),
            (None, _) => state.require_create(&actor, kind, path)?,
        }
        let data = kind.new_data(now).ok_or_else(|| SqlError::unsupported("CREATE"))?;
        let mut object = Object::new(data, path.to_vec(), &actor.role, now);
        object.set(properties);
        object.check(&self.around(state))?;
        for inner in (kind.facts().contents)(&object) {
            state.put(inner);
        }
        state.put(object);
        Ok(if gone.is_empty() { Made::New } else { Made::Replaced(gone) })
    }
}

/// Images and services are found by lower-case paths and host names, so names that differ in case
/// only would be the same there.
pub(super) fn refuse_quoted(kind: Kind, path: &[String]) -> Result<(), SqlError> {
    match path.iter().find(|name| needs_quotes(name)) {
        Some(name) if kind.facts().plain_name => Err(SqlError::invalid(format!(
            "invalid {} name '{}': '{name}' needs quotes, which are not supported for it nor for \
             its database and schema.",
            kind.label().to_lowercase(),
            path.join(".")
        ))),
        _ => Ok(()),
    }
}
