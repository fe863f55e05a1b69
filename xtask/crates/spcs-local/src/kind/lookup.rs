//! What a kind can ask about the rest of the account, the session and the platform.

use std::rc::Rc;
use std::time::Duration;

use spcs_local_services::service::ServiceObservation;

use super::{Kind, Object};
use crate::access::Identity;
use crate::sql::{ObjectName, SqlError};

/// The account as one statement sees it.
pub(crate) trait Lookup {
    /// The object of a name as written, if the session may know of it.
    fn visible(&self, kind: Kind, name: &ObjectName) -> Result<Option<&Object>, SqlError>;
    /// Every object of a kind, known to the session or not.
    fn all(&self, kind: Kind) -> Vec<&Object>;
    /// An object of the account itself, known to the session or not.
    fn account_object(&self, kind: Kind, name: &str) -> Option<&Object>;
    /// The user who logs in under this name, in any case.
    fn user_by_login(&self, login: &str) -> Option<&Object>;
    /// The objects in a database or schema that the session may know of.
    fn contents(&self, outer: &Object) -> Vec<&Object>;
    /// How often a role is granted and holds others.
    fn role_counts(&self, role: &str) -> RoleCounts;

    /// Who asks.
    fn identity(&self) -> &Identity;
    /// Whether the session uses this role, warehouse, database or schema.
    fn is_current(&self, object: &Object) -> bool;
    /// Whether the session's primary role inherits this one.
    fn inherits(&self, role: &str) -> bool;
    /// Whether one of the session's roles owns the object or holds one of these privileges on it.
    fn holds(&self, object: &Object, privileges: &[&str]) -> bool;

    /// The host and port of the registry.
    fn registry_host(&self) -> String;
    /// How long a compute pool takes to start.
    fn pool_start(&self) -> Duration;
    /// How a service runs: the same answer throughout a statement.
    fn observed(&self, service: &Object) -> Rc<ServiceObservation>;
}

/// The grants of one role.
pub(crate) struct RoleCounts {
    pub(crate) to_users: usize,
    pub(crate) to_roles: usize,
    pub(crate) held: usize,
}
