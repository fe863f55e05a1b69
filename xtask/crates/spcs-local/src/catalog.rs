//! What the account holds: objects, grants, passwords, and the file that keeps them.

mod grants;
mod names;
mod state;
mod store;
mod system;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use grants::{Actor, Target};
pub(crate) use names::{Namespace, no_database, no_schema};
pub(crate) use state::{Grantee, PrivilegeGrant, RoleGrant, ServiceRoleGrant, State};

use crate::kind::Kind;
use crate::sql::SqlError;

/// The catalog: in memory, and on disk after each change.
pub(crate) struct Catalog {
    state: Mutex<State>,
    file: PathBuf,
}

/// Its name in the state directory.
const FILE: &str = "catalog.json";

impl Catalog {
    /// Whether a state directory has a catalog.
    pub(crate) fn is_in(directory: &Path) -> bool {
        directory.join(FILE).exists()
    }

    /// Whether services are kept there, or are not all gone yet.
    pub(crate) fn has_services(directory: &Path) -> std::io::Result<bool> {
        let state = store::read(&directory.join(FILE))?;
        Ok(state.is_some_and(|state| {
            let mut leaving = state.leaving.iter();
            state.services().next().is_some() || leaving.any(|(kind, _)| *kind == Kind::Service)
        }))
    }

    /// Reads the catalog of a state directory, or makes the first one with this password for the
    /// administrator.
    pub(crate) fn open(directory: &Path, password: &str) -> std::io::Result<Self> {
        let file = directory.join(FILE);
        let state = match store::read(&file)? {
            Some(state) => state,
            None => {
                let state = system::initial(password);
                store::write(&file, &state)?;
                state
            }
        };
        Ok(Self { state: Mutex::new(state), file })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside `change` leaves the old state in place, so it is sound to go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks something up.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the catalog: all of the change is kept and on disk, or none of it.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.change_then(change, |value| value)
    }

    /// The same, with what is to follow the change before anybody else sees the catalog.
    pub(crate) fn change_then<T, U>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, SqlError>,
        follow: impl FnOnce(T) -> U,
    ) -> Result<U, SqlError> {
        let mut current = self.lock();
        let mut next = current.clone();
        let value = change(&mut next)?;
        store::write(&self.file, &next).map_err(|error| {
            SqlError::execution(format!("the catalog could not be written: {error}"))
        })?;
        *current = next;
        Ok(follow(value))
    }
}
