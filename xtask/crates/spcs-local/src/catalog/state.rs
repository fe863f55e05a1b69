//! All that the catalog keeps, with the indexes that answer questions about one object, one role
//! or one container without a look at the rest.
//!
//! A copy shares everything with the original, so that a change is made on a copy, and readers
//! keep the copy they began with.

mod grants;
mod objects;
mod records;

use std::sync::Arc;

use super::grant::{Grantee, PrivilegeGrant, RoleGrant, ServiceRoleGrant, Target};
use super::index::Index;
use super::table::Table;
use crate::kind::{Kind, Object};

/// An object's kind and full name.
type ObjectKey = (Kind, Vec<String>);
/// On what, which privilege, held by which role.
type PrivilegeKey = (Target, String, String);
/// Held by whom, which role.
type RoleKey = (Grantee, String);
/// Service, service role, held by which role.
type ServiceRoleKey = (Vec<String>, String, String);

/// All that is kept.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Random, made once: what ids of this platform are derived from.
    pub(crate) id: Arc<str>,
    objects: Table<ObjectKey, Object>,
    privileges: Table<PrivilegeKey, PrivilegeGrant>,
    roles: Table<RoleKey, RoleGrant>,
    service_roles: Table<ServiceRoleKey, ServiceRoleGrant>,
    /// Dropped, but what they had outside the catalog is not yet known to be gone.
    leaving: Table<ObjectKey, ()>,
    indexes: Indexes,
}

/// Where to look for what a table is not ordered by. Made from the tables, never stored.
#[derive(Debug, Clone, Default)]
struct Indexes {
    /// Owner -> objects.
    owned: Index<ObjectKey>,
    /// Login name in lower case -> users; no two have the same.
    logins: Index<ObjectKey>,
    /// Role -> privileges that it holds.
    privileges: Index<PrivilegeKey>,
    /// Role -> who holds it.
    holders: Index<Grantee>,
    /// Role -> service roles that it holds.
    service_roles: Index<ServiceRoleKey>,
}

impl State {
    /// Nothing yet.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            objects: Table::default(),
            privileges: Table::default(),
            roles: Table::default(),
            service_roles: Table::default(),
            leaving: Table::default(),
            indexes: Indexes::default(),
        }
    }
}
