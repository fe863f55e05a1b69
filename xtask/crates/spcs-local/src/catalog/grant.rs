//! Grants of privileges, roles and service roles.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::kind::{Kind, Object};

/// The target of a privilege.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Target {
    Account,
    Object(Kind, Vec<String>),
}

impl Target {
    pub(crate) fn of(object: &Object) -> Self {
        Self::Object(object.kind(), object.path.clone())
    }
}

/// A privilege granted to a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrivilegeGrant {
    pub(crate) privilege: String,
    pub(crate) on: Target,
    pub(crate) role: String,
    pub(crate) grant_option: bool,
    /// The role that granted it; empty for grants of the system.
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

/// The grantee of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Grantee {
    Role(String),
    User(String),
}

/// A role granted to a role or user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleGrant {
    pub(crate) role: String,
    pub(crate) to: Grantee,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

/// A service role granted to a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRoleGrant {
    pub(crate) service: Vec<String>,
    pub(crate) service_role: String,
    pub(crate) role: String,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}
