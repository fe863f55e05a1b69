//! DROP, and the cleanup of what the dropped objects have outside the catalog.

use super::Executor;
use crate::account::Cleanup;
use crate::catalog::State;
use crate::kind::{Kind, Object};
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
            Err(_) if if_exists => return Ok(already_dropped(name)),
            resolved => resolved?,
        };
        let dropped = |state: &mut State| {
            let actor = self.actor(state);
            let exists = |kind: &Kind| state.visible(&actor, *kind, &path).is_some();
            match kinds.iter().copied().find(exists) {
                Some(kind) => self.remove_object(state, kind, &path, force).map(Some),
                None if if_exists => Ok(None),
                None => Err(SqlError::missing(&kind.title(), &path.join("."))),
            }
        };
        let detach = |gone: Option<Vec<Object>>| gone.map(|gone| self.detach(&gone));
        let Some(cleanup) = self.account.catalog.change_then(dropped, detach)? else {
            return Ok(already_dropped(name));
        };
        self.redeploy_users(kind, &path[0]);
        self.clear_dropped(kind, &path);
        self.account.clean_up(cleanup).await?;
        Ok(Rows::status(format!("{} successfully dropped.", name.last())))
    }

    fn remove_object(
        &self,
        state: &mut State,
        kind: Kind,
        path: &[String],
        force: bool,
    ) -> Result<Vec<Object>, SqlError> {
        let actor = self.actor(state);
        let object = state.require(&actor, kind, path, &[])?;
        object.check_drop(&self.lookup(state), force)?;
        if kind.facts().is_owner {
            let name = object.name().to_owned();
            state.transfer_ownership(&name, &actor.role);
        }
        Ok(state.remove(kind, path))
    }

    /// Ends the sessions of dropped users and services, and the use of what the dropped objects have
    /// outside the catalog. Call this while the catalog is locked.
    pub(super) fn detach(&self, gone: &[Object]) -> Cleanup {
        for object in gone {
            if let Some(login) = &object.kind().facts().login {
                self.account.close_sessions(&(login.identity)(&object.path));
            }
        }
        self.account.detach(gone)
    }
}

fn already_dropped(name: &ObjectName) -> Rows {
    let name = name.last();
    Rows::status(format!("Drop statement executed successfully ({name} already dropped)."))
}
