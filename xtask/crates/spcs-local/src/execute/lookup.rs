//! The implementation of [`Lookup`] for a statement of a session.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use spcs_local_files::Id;
use spcs_local_services::service::ServiceObservation;

use super::Executor;
use crate::access::Identity;
use crate::account::Account;
use crate::catalog::{Actor, Grantee, State, Target};
use crate::kind::{Kind, Lookup, Object, RoleCounts, SessionPart};
use crate::session::SessionState;
use crate::sql::{ObjectName, SqlError};

/// Access to the account for the kinds, for one statement.
pub(super) struct StatementLookup<'a> {
    account: &'a Account,
    state: &'a State,
    session: SessionState,
    actor: Actor,
    observed: RefCell<BTreeMap<Id, Rc<ServiceObservation>>>,
}

impl Executor {
    /// Access to a state of the catalog for the kinds.
    pub(super) fn lookup<'a>(&'a self, state: &'a State) -> StatementLookup<'a> {
        StatementLookup {
            account: &self.account,
            state,
            session: self.session_state(),
            actor: self.actor(state),
            observed: RefCell::default(),
        }
    }
}

impl Lookup for StatementLookup<'_> {
    fn visible(&self, kind: Kind, name: &ObjectName) -> Result<Option<&Object>, SqlError> {
        let path = self.session.namespace.resolve(kind, name)?;
        Ok(self.state.visible(&self.actor, kind, &path))
    }

    fn can_see(&self, object: &Object) -> bool {
        self.state.sees(&self.actor, object)
    }

    fn all(&self, kind: Kind) -> Vec<&Object> {
        self.state.all(kind).collect()
    }

    fn account_object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.state.account_object(kind, name)
    }

    fn user_by_login(&self, login: &str) -> Option<&Object> {
        self.state.user_by_login(login)
    }

    fn contents(&self, outer: &Object) -> Vec<&Object> {
        let depth = outer.path.len() + 1;
        let kinds = Kind::ALL.iter().copied().filter(|kind| kind.depth() == depth);
        let inner = kinds.flat_map(|kind| self.state.below(kind, &outer.path));
        inner.filter(|object| self.can_see(object)).collect()
    }

    fn role_counts(&self, role: &str) -> RoleCounts {
        let holder = Grantee::Role(role.to_owned());
        let held = self.state.roles_granted_to(&holder).count();
        let mut counts = RoleCounts { to_users: 0, to_roles: 0, held };
        for grant in self.state.grants_of_role(role) {
            match &grant.to {
                Grantee::Role(_) => counts.to_roles += 1,
                Grantee::User(name) => {
                    let user =
                        self.state.visible(&self.actor, Kind::User, std::slice::from_ref(name));
                    counts.to_users += usize::from(user.is_some());
                }
            }
        }
        counts
    }

    fn identity(&self) -> &Identity {
        &self.session.identity
    }

    fn is_current(&self, object: &Object) -> bool {
        let name = object.name();
        let namespace = &self.session.namespace;
        let in_database = namespace.database.as_ref() == Some(&object.path[0]);
        match object.kind().facts().session {
            None => false,
            Some(SessionPart::Role) => self.session.role == name,
            Some(SessionPart::Warehouse) => self.session.warehouse.as_deref() == Some(name),
            Some(SessionPart::Database) => in_database,
            Some(SessionPart::Schema) => in_database && namespace.schema.as_deref() == Some(name),
        }
    }

    fn inherits(&self, role: &str) -> bool {
        self.actor.primary.contains(role)
    }

    fn holds(&self, object: &Object, privileges: &[&str]) -> bool {
        let (roles, target) = (&self.actor.roles, Target::of(object));
        roles.contains(&object.owner)
            || privileges.iter().any(|privilege| self.state.holds(roles, privilege, &target))
    }

    fn registry_host(&self) -> String {
        self.account.registry_host()
    }

    fn pool_start(&self) -> Duration {
        self.account.timing.pool_start
    }

    fn observed(&self, service: &Object) -> Rc<ServiceObservation> {
        let mut observed = self.observed.borrow_mut();
        let observation = observed
            .entry(service.id.clone())
            .or_insert_with(|| Rc::new(self.account.observed(service)));
        Rc::clone(observation)
    }
}
