//! The access of kinds to the rest of the account, the session and the platform.

use std::rc::Rc;
use std::time::Duration;

use spcs_local_services::service::ServiceObservation;

use super::{Kind, Object};
use crate::access::Identity;
use crate::sql::{ObjectName, SqlError};

/// The account as seen by one statement.
pub(crate) trait Lookup {
    /// The object with a name, if it is visible to the session.
    fn visible(&self, kind: Kind, name: &ObjectName) -> Result<Option<&Object>, SqlError>;
    /// Whether an object is visible to the session.
    fn can_see(&self, object: &Object) -> bool;
    /// All objects of a kind, visible to the session or not.
    fn all(&self, kind: Kind) -> Vec<&Object>;
    /// An account-level object, visible to the session or not.
    fn account_object(&self, kind: Kind, name: &str) -> Option<&Object>;
    /// The user with a login name, ignoring case.
    fn user_by_login(&self, login: &str) -> Option<&Object>;
    /// The objects in a database or schema that are visible to the session.
    fn contents(&self, outer: &Object) -> Vec<&Object>;
    /// The numbers of grants of and to a role, without users that are not visible to the session.
    fn role_counts(&self, role: &str) -> RoleCounts;

    /// The identity of the session.
    fn identity(&self) -> &Identity;
    /// Whether this is the session's current role, warehouse, database or schema.
    fn is_current(&self, object: &Object) -> bool;
    /// Whether the session's primary role inherits this one.
    fn inherits(&self, role: &str) -> bool;
    /// Whether one of the session's roles owns the object or holds one of these privileges on it.
    fn holds(&self, object: &Object, privileges: &[&str]) -> bool;

    /// The host and port of the registry.
    fn registry_host(&self) -> String;
    /// How long a compute pool takes to start.
    fn pool_start(&self) -> Duration;
    /// The state of a service; the same for the whole statement.
    fn observed(&self, service: &Object) -> Rc<ServiceObservation>;
}

/// The numbers of grants of and to a role.
pub(crate) struct RoleCounts {
    pub(crate) to_users: usize,
    pub(crate) to_roles: usize,
    pub(crate) held: usize,
}
