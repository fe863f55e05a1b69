//! Authorization: the role hierarchy, privileges and ownership.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::grant::{PrivilegeGrant, Target};
use super::state::{Roles, State};
use crate::access::{Identity, Principal};
use crate::kind::{Kind, Object};
use crate::sql::SqlError;

/// The identity that executes a statement, and its active roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) identity: Identity,
    /// The primary role, which owns created objects.
    pub(crate) role: String,
    /// The primary role and all roles that it inherits: the roles for CREATE.
    pub(crate) primary: Roles,
    /// The same with the secondary roles: the roles for everything else.
    pub(crate) roles: Roles,
    /// Whether the secondary roles are active.
    pub(crate) secondary: bool,
}

impl From<Actor> for Principal {
    fn from(actor: Actor) -> Self {
        let Actor { identity, role, roles, secondary, .. } = actor;
        Self { identity, role, roles: roles.iter().cloned().collect(), secondary }
    }
}

impl State {
    /// The roles that an identity may use: a user's roles and all that they inherit, or the role
    /// that owns a service, and PUBLIC.
    pub(crate) fn roles_of(&self, identity: &Identity) -> Roles {
        match identity {
            Identity::User(name) => self.inherited(&self.roles_of_user(name)),
            Identity::Service(path) => {
                let owner = self.find(Kind::Service, path).map(|service| service.owner.clone());
                Arc::new(owner.into_iter().chain(["PUBLIC".to_owned()]).collect())
            }
            Identity::Puller => Roles::default(),
        }
    }

    /// The actor with a primary role.
    pub(crate) fn actor(&self, identity: &Identity, role: &str, secondary: bool) -> Actor {
        let held = self.roles_of(identity);
        // The session's role may have been revoked; then only PUBLIC is left.
        let role = if held.contains(role) { role } else { "PUBLIC" };
        let primary = self.inherited(&[role.to_owned()]);
        let roles = match identity {
            _ if !secondary => Arc::clone(&primary),
            // A user holds everything that the primary role inherits.
            Identity::User(_) => held,
            _ => Arc::new(primary.union(&held).cloned().collect()),
        };
        Actor { identity: identity.clone(), role: role.to_owned(), primary, roles, secondary }
    }

    /// The same identity with only this role. A service has the privileges of its owner, whoever
    /// alters it.
    pub(crate) fn acting_as(&self, actor: &Actor, role: &str) -> Actor {
        let roles = self.inherited(&[role.to_owned()]);
        Actor {
            identity: actor.identity.clone(),
            role: role.to_owned(),
            primary: Arc::clone(&roles),
            roles,
            secondary: false,
        }
    }

    /// Whether one of the roles holds a privilege.
    pub(crate) fn holds(&self, roles: &BTreeSet<String>, privilege: &str, on: &Target) -> bool {
        self.any_grant(roles, on, |grant| grant.privilege == privilege)
    }

    /// Whether one of the roles holds a privilege that `wanted` accepts. It walks the grants on
    /// the target and the roles side by side, so its cost is that of the shorter of the two.
    pub(crate) fn any_grant(
        &self,
        roles: &BTreeSet<String>,
        on: &Target,
        wanted: impl Fn(&PrivilegeGrant) -> bool,
    ) -> bool {
        let mut grants = self.privileges_on(on);
        let mut roles_left = roles.iter();
        loop {
            match grants.next() {
                None => return false,
                Some(grant) if roles.contains(&grant.role) && wanted(grant) => return true,
                Some(_) => {}
            }
            match roles_left.next() {
                None => return false,
                Some(role) if self.privileges_on_of(on, role).any(&wanted) => return true,
                Some(_) => {}
            }
        }
    }

    /// Whether one of the roles may grant any privilege.
    pub(crate) fn manages_grants(&self, roles: &BTreeSet<String>) -> bool {
        self.holds(roles, "MANAGE GRANTS", &Target::Account)
    }

    /// Whether an object is visible: the roles have some privilege on it and on its containers.
    pub(crate) fn can_see(&self, roles: &BTreeSet<String>, object: &Object) -> bool {
        if self.manages_grants(roles) || object.kind().facts().is_visible_to_all {
            return true;
        }
        let reachable = (1..object.path.len()).all(|depth| {
            let kind = if depth == 1 { Kind::Database } else { Kind::Schema };
            let outer = self.find(kind, &object.path[..depth]);
            outer.is_some_and(|outer| self.has_any_privilege(roles, outer))
        });
        reachable && self.has_any_privilege(roles, object)
    }

    /// Whether the roles own the object or have any privilege on it.
    fn has_any_privilege(&self, roles: &BTreeSet<String>, object: &Object) -> bool {
        let target = Target::of(object);
        roles.contains(&object.owner)
            || object.owner.is_empty() && object.kind().facts().is_container
            || self.any_grant(roles, &target, |_| true)
            || object.kind() == Kind::Service
                && self.service_roles_on(&object.path).any(|grant| roles.contains(&grant.role))
    }

    /// Whether an object is visible to the actor. Everybody sees oneself.
    pub(crate) fn sees(&self, actor: &Actor, object: &Object) -> bool {
        let login = object.kind().facts().login.as_ref();
        login.is_some_and(|login| (login.identity)(&object.path) == actor.identity)
            || self.can_see(&actor.roles, object)
    }

    /// The object, if it is visible to the actor. What is not visible does not exist for the actor:
    /// statements find the objects that they name with this.
    pub(crate) fn visible(&self, actor: &Actor, kind: Kind, path: &[String]) -> Option<&Object> {
        self.find(kind, path).filter(|object| self.sees(actor, object))
    }

    /// The object, if the actor owns it or holds one of these privileges on it.
    pub(crate) fn require(
        &self,
        actor: &Actor,
        kind: Kind,
        path: &[String],
        privileges: &[&str],
    ) -> Result<&Object, SqlError> {
        let object = self
            .visible(actor, kind, path)
            .ok_or_else(|| SqlError::missing(&kind.title(), &path.join(".")))?;
        let target = Target::of(object);
        let allowed = actor.roles.contains(&object.owner)
            || privileges.iter().any(|p| self.holds(&actor.roles, p, &target));
        if allowed {
            Ok(object)
        } else {
            let name = object.name();
            Err(SqlError::insufficient(&format!("{} '{name}'", kind.label().to_lowercase())))
        }
    }

    /// Checks that the primary role may create an object of this kind at this path.
    pub(crate) fn require_create(
        &self,
        actor: &Actor,
        kind: Kind,
        path: &[String],
    ) -> Result<(), SqlError> {
        let privilege = kind.create_privilege();
        let Some((_, outer)) = path.split_last().filter(|(_, outer)| !outer.is_empty()) else {
            return if self.holds(&actor.primary, &privilege, &Target::Account) {
                Ok(())
            } else {
                Err(SqlError::insufficient("account 'LOCAL'"))
            };
        };
        let container = if outer.len() == 1 { Kind::Database } else { Kind::Schema };
        let object = self
            .visible(actor, container, outer)
            .ok_or_else(|| SqlError::missing(&container.title(), &outer.join(".")))?;
        if actor.primary.contains(&object.owner)
            || self.holds(&actor.primary, &privilege, &Target::of(object))
        {
            Ok(())
        } else {
            let (kind, name) = (container.label().to_lowercase(), object.name());
            Err(SqlError::insufficient(&format!("{kind} '{name}'")))
        }
    }

    /// Whether the roles may use an endpoint. This requires ownership of the service or a service
    /// role with the endpoint, and USAGE on the database and schema.
    pub(crate) fn may_use_endpoint(
        &self,
        roles: &BTreeSet<String>,
        service: &[String],
        endpoint: &str,
    ) -> bool {
        let Some(object) = self.find(Kind::Service, service) else { return false };
        let Some(record) = object.service() else { return false };
        let covered = |role: &str| {
            record.roles.get(role).is_some_and(|names| names.iter().any(|name| name == endpoint))
        };
        let holds = roles.contains(&object.owner)
            || self
                .service_roles_on(service)
                .any(|grant| roles.contains(&grant.role) && covered(&grant.service_role));
        let uses = |kind, path: &[String]| {
            self.find(kind, path).is_some_and(|outer| {
                roles.contains(&outer.owner) || self.holds(roles, "USAGE", &Target::of(outer))
            })
        };
        holds && uses(Kind::Database, &service[..1]) && uses(Kind::Schema, &service[..2])
    }
}
