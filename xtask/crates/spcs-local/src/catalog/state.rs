//! The state of the catalog, with indexes for lookups by object, role and container.
//!
//! Its maps are persistent data structures, so copies are cheap: a change is made on a copy, and
//! readers keep their snapshot.

mod grants;
mod objects;
mod records;
mod roles;

use std::sync::Arc;

use super::grant::{Grantee, PrivilegeGrant, RoleGrant, ServiceRoleGrant, Target};
use super::index::Index;
use super::table::Table;
use crate::kind::{Kind, Object};

pub(crate) use roles::Roles;

/// An object's kind and full name.
type ObjectKey = (Kind, Vec<String>);
/// The target, the role that holds the privilege, and the privilege.
type PrivilegeKey = (Target, String, String);
/// The grantee and the granted role.
type RoleKey = (Grantee, String);
/// The service, the service role, and the role that holds it.
type ServiceRoleKey = (Vec<String>, String, String);

/// The state of the catalog.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// The random id of this platform, generated once. Other ids are derived from it.
    pub(crate) id: Arc<str>,
    objects: Table<ObjectKey, Object>,
    privileges: Table<PrivilegeKey, PrivilegeGrant>,
    roles: Table<RoleKey, RoleGrant>,
    service_roles: Table<ServiceRoleKey, ServiceRoleGrant>,
    indexes: Indexes,
    /// Cached: computed from the role grants, not stored.
    inherited_roles: roles::InheritedRoles,
}

/// Secondary indexes of the tables. They are computed from the tables and not stored.
#[derive(Debug, Clone, Default)]
struct Indexes {
    /// Owner -> objects.
    owned: Index<ObjectKey>,
    /// Login name in lower case -> users. Login names are unique.
    logins: Index<ObjectKey>,
    /// Role -> its privileges.
    privileges: Index<PrivilegeKey>,
    /// Role -> its grantees.
    grantees: Index<Grantee>,
    /// Role -> its service roles.
    service_roles: Index<ServiceRoleKey>,
}

impl State {
    /// An empty state.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            objects: Table::default(),
            privileges: Table::default(),
            roles: Table::default(),
            service_roles: Table::default(),
            indexes: Indexes::default(),
            inherited_roles: roles::InheritedRoles::default(),
        }
    }
}
