//! The role hierarchy: which roles a role inherits.
//!
//! Following the hierarchy costs as much as there are roles to find, and every statement needs
//! it. The results are therefore cached until a role is granted or revoked.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::State;
use crate::catalog::grant::Grantee;

/// The maximum number of cached results.
const MAX_CACHED: usize = 64;

/// A set of role names that is cheap to copy.
pub(crate) type Roles = Arc<BTreeSet<String>>;

/// The cache of one hierarchy: the roles asked about, and all that they inherit. Copies of a
/// state share it as long as their role grants are the same.
#[derive(Clone, Default)]
pub(super) struct InheritedRoles(Arc<Mutex<HashMap<Vec<String>, Roles>>>);

impl State {
    /// The roles granted to a user directly.
    pub(crate) fn roles_of_user(&self, user: &str) -> Vec<String> {
        let to = Grantee::User(user.to_owned());
        self.roles_granted_to(&to).map(|grant| grant.role.clone()).collect()
    }

    /// These roles, PUBLIC, and all roles that they inherit.
    pub(crate) fn inherited(&self, roles: &[String]) -> Roles {
        let cache = || self.inherited_roles.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = cache().get(roles) {
            return Arc::clone(cached);
        }
        let inherited = Arc::new(self.follow(roles));
        let mut cache = cache();
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(roles.to_vec(), Arc::clone(&inherited));
        inherited
    }

    fn follow(&self, roles: &[String]) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        let mut queue: Vec<String> = roles.to_vec();
        queue.push("PUBLIC".to_owned());
        while let Some(role) = queue.pop() {
            let to = Grantee::Role(role);
            let granted = self.roles_granted_to(&to).map(|grant| &grant.role);
            queue.extend(granted.filter(|role| !all.contains(*role)).cloned());
            if let Grantee::Role(role) = to {
                all.insert(role);
            }
        }
        all
    }
}

impl fmt::Debug for InheritedRoles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InheritedRoles")
    }
}
