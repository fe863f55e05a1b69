//! ALTER of all kinds; `service.rs` has the specifics of services.

use super::Executor;
use crate::catalog::State;
use crate::clock;
use crate::kind::{Kind, Verb};
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};
use crate::statement::Change;

impl Executor {
    pub(super) async fn alter(
        &self,
        kind: Kind,
        name: &ObjectName,
        if_exists: bool,
        change: Change,
    ) -> Result<Rows, SqlError> {
        let path = self.session_state().namespace.resolve(kind, name)?;
        let missing = |state: &State| state.visible(&self.actor(state), kind, &path).is_none();
        if if_exists && self.account.catalog.read(missing) {
            return Ok(Rows::status("Statement executed successfully."));
        }
        if kind == Kind::Service {
            return self.alter_service(&path, change).await;
        }
        if change == Change::Act(Verb::StopAll) {
            return self.stop_all(&path).await;
        }
        let facts = kind.facts();
        let disabled = self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let alters_itself = facts.login.as_ref().is_some_and(|login| {
                let allowed = |set: &[(String, _)]| {
                    set.iter().all(|(name, _)| login.own_properties.contains(&name.as_str()))
                };
                actor.identity == (login.identity)(&path)
                    && matches!(&change, Change::Set(set) if allowed(set))
            });
            let privilege = match &change {
                Change::Act(verb) => verb.privilege(),
                _ => facts.alter_privilege,
            };
            let mut object = if alters_itself {
                state
                    .find(kind, &path)
                    .ok_or_else(|| SqlError::missing(&kind.title(), name.last()))?
                    .clone()
            } else {
                state.require(&actor, kind, &path, &[privilege])?.clone()
            };
            let now = clock::now();
            match change {
                Change::Set(set) => object.set(set),
                Change::Unset(names) => object.unset(&names),
                Change::Act(verb) => object.act(verb, now),
                Change::Specification(_) => return Err(SqlError::unsupported("ALTER")),
            }
            object.updated = now;
            object.check(&self.lookup(state))?;
            let login = facts.login.as_ref().filter(|login| (login.is_disabled)(&object));
            state.put(object);
            Ok(login.map(|login| (login.identity)(&path)))
        })?;
        self.redeploy_users(kind, &path[0]);
        if let Some(identity) = disabled {
            self.account.close_sessions(&identity);
        }
        Ok(Rows::status("Statement executed successfully."))
    }
}
