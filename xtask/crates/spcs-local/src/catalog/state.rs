//! The state itself: objects and grants, found, added and taken away.

use serde::{Deserialize, Serialize};

use super::grants::Target;
use crate::clock::Millis;
use crate::kind::{Kind, Object, Outside, ServiceRecord};

/// All that is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    /// Random, made once: what ids of this platform are derived from.
    pub(crate) id: String,
    pub(crate) objects: Vec<Object>,
    pub(crate) privileges: Vec<PrivilegeGrant>,
    pub(crate) roles: Vec<RoleGrant>,
    pub(crate) service_roles: Vec<ServiceRoleGrant>,
    /// Dropped, but what they had outside the catalog is not yet known to be gone.
    #[serde(default)]
    pub(crate) leaving: Vec<(Kind, Vec<String>)>,
}

/// A privilege on something, held by a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrivilegeGrant {
    pub(crate) privilege: String,
    pub(crate) on: Target,
    pub(crate) role: String,
    pub(crate) grant_option: bool,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

/// A role, held by a role or a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleGrant {
    pub(crate) role: String,
    pub(crate) to: Grantee,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Grantee {
    Role(String),
    User(String),
}

/// A service role, held by a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRoleGrant {
    pub(crate) service: Vec<String>,
    pub(crate) service_role: String,
    pub(crate) role: String,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

impl State {
    /// The object of this kind and full name.
    pub(crate) fn find(&self, kind: Kind, path: &[String]) -> Option<&Object> {
        self.objects.iter().find(|object| object.kind() == kind && object.path == path)
    }

    /// The same, to be changed.
    pub(crate) fn find_mut(&mut self, kind: Kind, path: &[String]) -> Option<&mut Object> {
        self.objects.iter_mut().find(|object| object.kind() == kind && object.path == path)
    }

    /// An object of the account itself, by name.
    pub(crate) fn account_object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.kind() == kind && object.name() == name)
    }

    /// All of one kind, by full name.
    pub(crate) fn all(&self, kind: Kind) -> Vec<&Object> {
        let mut found: Vec<&Object> =
            self.objects.iter().filter(|object| object.kind() == kind).collect();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// All services with their records.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&Object, &ServiceRecord)> {
        self.objects.iter().filter_map(|object| Some((object, object.service()?)))
    }

    /// Takes away an object, all that it contains and every grant on either or to it.
    /// Returns what went.
    pub(crate) fn remove(&mut self, kind: Kind, path: &[String]) -> Vec<Object> {
        let contains = kind.facts().is_container;
        let goes = |object: &Object| {
            (object.kind() == kind && object.path == path)
                || (contains && object.kind().depth() > path.len() && object.path.starts_with(path))
        };
        let gone: Vec<Object> = self.objects.extract_if(.., |object| goes(object)).collect();
        for object in &gone {
            self.forget(object);
            if object.kind().facts().outside != Outside::Nothing {
                self.leaving.push((object.kind(), object.path.clone()));
            }
        }
        gone
    }

    /// Adds an object.
    pub(crate) fn add(&mut self, object: Object) {
        // A new object of the name owns what may be left of the old one.
        self.leaving.retain(|(kind, path)| *kind != object.kind() || *path != object.path);
        self.objects.push(object);
    }

    fn forget(&mut self, gone: &Object) {
        let target = Target::of(gone);
        self.privileges.retain(|grant| grant.on != target);
        let name = gone.name();
        match gone.kind() {
            Kind::Role => {
                self.privileges.retain(|grant| grant.role != name);
                self.service_roles.retain(|grant| grant.role != name);
                self.roles.retain(|grant| {
                    grant.role != name && grant.to != Grantee::Role(name.to_owned())
                });
            }
            Kind::User => {
                self.roles.retain(|grant| grant.to != Grantee::User(name.to_owned()));
            }
            Kind::Service => self.service_roles.retain(|grant| grant.service != gone.path),
            _ => {}
        }
    }
}
