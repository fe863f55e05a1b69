//! CREATE of all kinds except services.

use super::Executor;
use crate::catalog::State;
use crate::clock;
use crate::kind::{Kind, Object};
use crate::rows::Rows;
use crate::sql::{SqlError, needs_quotes};
use crate::statement::{Create, CreateMode};

/// What CREATE did.
enum Created {
    New,
    Altered,
    Kept,
    /// These objects were removed.
    Replaced(Vec<Object>),
}

impl Executor {
    pub(super) async fn create(&self, create: Create) -> Result<Rows, SqlError> {
        let kind = create.kind;
        let path = self.session_state().namespace.resolve(kind, &create.name)?;
        refuse_quoted(kind, &path)?;
        let name = create.name.last().to_owned();
        let detach = |made: Created| {
            let cleanup = match &made {
                Created::Replaced(gone) => Some(self.detach(gone)),
                _ => None,
            };
            (made, cleanup)
        };
        let change = |state: &mut State| self.create_object(state, create, &path);
        let (made, cleanup) = self.account.catalog.change_then(change, detach)?;
        let title = kind.facts().created_as.map_or_else(|| kind.title(), str::to_owned);
        let message = match &made {
            Created::Kept => format!("{name} already exists, statement succeeded."),
            Created::Altered => format!("{title} {name} successfully altered."),
            _ => format!("{title} {name} successfully created."),
        };
        if let Some(cleanup) = cleanup {
            self.account.clean_up(cleanup).await?;
        } else if matches!(made, Created::Kept | Created::Altered) {
            return Ok(Rows::status(message));
        }
        self.redeploy_users(kind, &path[0]);
        self.use_created(kind, &path);
        Ok(Rows::status(message))
    }

    fn create_object(
        &self,
        state: &mut State,
        create: Create,
        path: &[String],
    ) -> Result<Created, SqlError> {
        let Create { kind, mode, properties, .. } = create;
        let actor = self.actor(state);
        let now = clock::now();
        // Kinds with the same label share a namespace.
        let kinds = Kind::with_label(kind.label()).into_iter();
        let existing = kinds.filter_map(|kind| state.find(kind, path)).next().cloned();
        let visible = existing.as_ref().is_some_and(|existing| state.sees(&actor, existing));
        if mode == CreateMode::OrAlter && visible {
            let mut object = state.require(&actor, kind, path, &[])?.clone();
            object.replace(properties)?;
            object.updated = now;
            object.check(&self.lookup(state))?;
            state.put(object);
            return Ok(Created::Altered);
        }
        // Before anything depends on whether the object exists. Who may create objects here learns
        // that a name is taken, and nothing else about an object that is not visible.
        state.require_create(&actor, kind, path)?;
        let mut gone = Vec::new();
        match (&existing, mode) {
            (None, _) => {}
            (Some(existing), CreateMode::IfNotExists) if existing.kind() == kind => {
                return Ok(Created::Kept);
            }
            (Some(existing), CreateMode::OrReplace) if existing.kind() == kind && visible => {
                state.require(&actor, kind, path, &[])?;
                existing.check_drop(&self.lookup(state), true)?;
                gone = state.remove(kind, path);
            }
            (Some(_), _) => return Err(SqlError::exists(&path.join("."))),
        }
        let data = kind.new_data(now).ok_or_else(|| SqlError::unsupported("CREATE"))?;
        let mut object = Object::new(data, path.to_vec(), &actor.role, now);
        object.set(properties);
        object.check(&self.lookup(state))?;
        for inner in (kind.facts().contents)(&object) {
            state.put(inner);
        }
        state.put(object);
        Ok(if gone.is_empty() { Created::New } else { Created::Replaced(gone) })
    }
}

/// Rejects names that need quotes for images and services: they become lower-case paths and host
/// names, where names that differ only in case would collide.
pub(super) fn refuse_quoted(kind: Kind, path: &[String]) -> Result<(), SqlError> {
    match path.iter().find(|name| needs_quotes(name)) {
        Some(name) if kind.facts().plain_name => Err(SqlError::invalid(format!(
            "invalid {} name '{}': '{name}' needs quotes, which are not supported in its name and \
             the names of its database and schema.",
            kind.label().to_lowercase(),
            path.join(".")
        ))),
        _ => Ok(()),
    }
}
