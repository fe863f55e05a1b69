//! What the account holds: objects, grants, passwords, and the file that keeps them.

mod authority;
mod error;
mod grant;
mod index;
mod names;
mod state;
mod store;
mod system;
mod table;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

pub(crate) use authority::Actor;
pub use error::OpenError;
pub(crate) use grant::{Grantee, PrivilegeGrant, RoleGrant, ServiceRoleGrant, Target};
pub(crate) use names::{Namespace, no_database, no_schema};
pub(crate) use state::State;
use store::Store;

use crate::kind::Kind;
use crate::sql::SqlError;

/// The catalog: in memory, and on disk after each change.
pub(crate) struct Catalog {
    state: RwLock<State>,
    /// Locked for the whole of a change, so that changes follow each other; empty once the
    /// platform has stopped.
    store: Mutex<Option<Store>>,
}

/// Its name in the state directory.
const FILE: &str = "catalog.sqlite";

/// What earlier versions wrote.
const OTHER_FORMAT: &str = "catalog.json";

impl Catalog {
    /// Whether a state directory has a catalog.
    pub(crate) fn is_in(directory: &Path) -> bool {
        directory.join(FILE).exists() || directory.join(OTHER_FORMAT).exists()
    }

    /// Whether services are kept there, or are not all gone yet. A platform may be running on
    /// the directory.
    pub(crate) fn has_services(directory: &Path) -> Result<bool, OpenError> {
        let opened = Self::opened(directory)?;
        Ok(opened.is_some_and(|(_, state)| {
            let mut leaving = state.leaving();
            state.services().next().is_some() || leaving.any(|(kind, _)| *kind == Kind::Service)
        }))
    }

    /// Reads the catalog of a state directory, or makes the first one with this password for the
    /// administrator.
    pub(crate) fn open(directory: &Path, password: &str) -> Result<Self, OpenError> {
        let (store, state) = match Self::opened(directory)? {
            Some(opened) => opened,
            None => {
                let mut state = system::initial(password);
                let records = state.all_records();
                let records = records.map_err(|error| OpenError::Io { source: error.into() })?;
                let store = Store::create(&directory.join(FILE), &records)?;
                state.settle();
                (store, state)
            }
        };
        Ok(Self { state: RwLock::new(state), store: Mutex::new(Some(store)) })
    }

    fn opened(directory: &Path) -> Result<Option<(Store, State)>, OpenError> {
        let file = directory.join(FILE);
        if !file.exists() {
            let other = directory.join(OTHER_FORMAT);
            let error = || OpenError::OtherFormat { file: other.clone() };
            return if other.exists() { Err(error()) } else { Ok(None) };
        }
        let (store, records) = Store::open(&file)?;
        let state = State::of_records(&records);
        Ok(Some((store, state.map_err(|reason| OpenError::Broken { file, reason })?)))
    }

    /// Closes the file: whoever still works for a platform that has stopped changes nothing.
    pub(crate) fn close(&self) {
        self.store().take();
    }

    fn store(&self) -> MutexGuard<'_, Option<Store>> {
        // A panic inside `change` leaves the old state in place, so it is sound to go on.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is now.
    fn snapshot(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks something up. Nobody waits for it, and it waits for no change that is being written.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.snapshot())
    }

    /// Looks something up while no change is made, so that what is done about it is done in the
    /// order of the changes.
    pub(crate) fn read_in_order<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let _changes_wait = self.store();
        look(&self.snapshot())
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
        let mut store = self.store();
        let before = self.snapshot();
        let mut next = before.clone();
        let value = change(&mut next)?;
        let failed = |error: &dyn std::fmt::Display| {
            SqlError::execution(format!("the catalog could not be written: {error}"))
        };
        let writes = next.changes(&before).map_err(|error| failed(&error))?;
        if !writes.is_empty() {
            let store = store.as_mut().ok_or_else(|| failed(&"the platform has stopped"))?;
            store.write(&writes).map_err(|error| failed(&error))?;
        }
        next.settle();
        let mut current = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *current = next;
        Ok(follow(value))
    }
}
