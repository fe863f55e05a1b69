//! Grants: who was given what, on what.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::kind::{Kind, Object};

/// What a privilege is on.
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

/// A privilege on something, held by a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrivilegeGrant {
    pub(crate) privilege: String,
    pub(crate) on: Target,
    pub(crate) role: String,
    pub(crate) grant_option: bool,
    /// The role that granted it; empty for what the system granted.
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Grantee {
    Role(String),
    User(String),
}

/// A role, held by a role or a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleGrant {
    pub(crate) role: String,
    pub(crate) to: Grantee,
    pub(crate) granted_by: String,
    pub(crate) created: Millis,
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
