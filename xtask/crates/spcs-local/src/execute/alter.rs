//! ALTER of every kind; what is special to services and pools is in their files.

use super::{Executor, properties};
use crate::access::Identity;
use crate::clock;
use crate::kind::Kind;
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
        if if_exists && self.account.catalog.read(|state| state.find(kind, &path).is_none()) {
            return Ok(Rows::status("Statement executed successfully."));
        }
        match kind {
            Kind::Service => return self.alter_service(&path, change).await,
            Kind::ComputePool if change == Change::StopAll => return self.stop_all(&path).await,
            _ => {}
        }
        let disabled = self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let own_password = kind == Kind::User
                && actor.identity == Identity::User(path[0].clone())
                && matches!(&change, Change::Set(set) if set.iter().all(|(k, _)| k == "PASSWORD"));
            let privileges: &[&str] = match (&change, kind) {
                (Change::Suspend | Change::Resume, _) => &["OPERATE"],
                (Change::Refresh, _) => &["WRITE"],
                (_, Kind::Role | Kind::User) => &[],
                _ => &["MODIFY"],
            };
            let mut object = if own_password {
                state
                    .find(kind, &path)
                    .ok_or_else(|| SqlError::missing(&kind.title(), name.last()))?
                    .clone()
            } else {
                state.require(&actor, kind, &path, privileges)?.clone()
            };
            let now = clock::now();
            match change {
                Change::Set(set) => properties::set(&mut object, set),
                Change::Unset(names) => properties::unset(&mut object, &names),
                Change::Suspend => {
                    object.suspended = true;
                    if let Some(pool) = &mut object.pool {
                        pool.suspended = true;
                    }
                }
                Change::Resume => {
                    object.suspended = false;
                    if let Some(pool) = &mut object.pool {
                        if pool.suspended {
                            pool.resumed = now;
                        }
                        pool.suspended = false;
                    }
                }
                Change::Refresh => {}
                Change::StopAll | Change::Specification(_) => {
                    return Err(SqlError::unsupported("ALTER"));
                }
            }
            object.updated = now;
            self.check(state, &mut object)?;
            let disabled = kind == Kind::User && object.flag("DISABLED", false);
            if let Some(slot) = state.find_mut(kind, &path) {
                *slot = object;
            }
            Ok(disabled)
        })?;
        self.redeploy_users(kind, &path[0]);
        if disabled {
            self.account.sessions.close_of(&Identity::User(path[0].clone()));
        }
        Ok(Rows::status("Statement executed successfully."))
    }
}
