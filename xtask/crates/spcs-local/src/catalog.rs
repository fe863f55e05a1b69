//! The catalog: the objects and grants of the account, in memory and in a file.

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

use crate::sql::SqlError;

/// The catalog, in memory and in a file. Each change is on disk when it returns.
pub(crate) struct Catalog {
    state: RwLock<State>,
    /// Locked for the duration of a change, which serialises changes; `None` once the platform has
    /// stopped.
    store: Mutex<Option<Store>>,
}

/// The name of the file in the state directory.
const FILE: &str = "catalog.sqlite";

/// The name of the file that earlier versions wrote.
const OTHER_FORMAT: &str = "catalog.json";

impl Catalog {
    /// Whether a state directory contains a catalog.
    pub(crate) fn is_in(directory: &Path) -> bool {
        directory.join(FILE).exists() || directory.join(OTHER_FORMAT).exists()
    }

    /// Whether the catalog of a state directory has services. A platform may be running on the
    /// directory.
    pub(crate) fn has_services(directory: &Path) -> Result<bool, OpenError> {
        let opened = Self::open_file(directory)?;
        Ok(opened.is_some_and(|(_, state)| state.services().next().is_some()))
    }

    /// Opens the catalog of a state directory. If there is none, creates one with this password for
    /// the administrator.
    pub(crate) fn open(directory: &Path, password: &str) -> Result<Self, OpenError> {
        let (store, state) = match Self::open_file(directory)? {
            Some(opened) => opened,
            None => {
                let mut state = system::initial(password);
                let records = state.all_records();
                let records = records.map_err(|error| OpenError::Io { source: error.into() })?;
                let store = Store::create(&directory.join(FILE), &records)?;
                state.mark_written();
                (store, state)
            }
        };
        Ok(Self { state: RwLock::new(state), store: Mutex::new(Some(store)) })
    }

    fn open_file(directory: &Path) -> Result<Option<(Store, State)>, OpenError> {
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

    /// Closes the file. Later changes fail.
    pub(crate) fn close(&self) {
        self.store().take();
    }

    fn store(&self) -> MutexGuard<'_, Option<Store>> {
        // A panic inside `change` leaves the old state in place, so a poisoned lock is safe.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current state.
    fn snapshot(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads a snapshot of the state, without waiting for a change in progress.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.snapshot())
    }

    /// Reads the state while no change is in progress, so that the effects of `read` happen in the
    /// order of the changes.
    pub(crate) fn read_in_order<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        let _no_changes = self.store();
        read(&self.snapshot())
    }

    /// Changes the catalog atomically. The change is on disk when this returns.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.change_then(change, |value| value)
    }

    /// Like `change`, but also calls `follow` before readers and other changes see the new state.
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
            SqlError::execution(format!("cannot write the catalog: {error}"))
        };
        let writes = next.changes(&before).map_err(|error| failed(&error))?;
        if !writes.is_empty() {
            let store = store.as_mut().ok_or_else(|| failed(&"the platform has stopped"))?;
            store.write(&writes).map_err(|error| failed(&error))?;
        }
        next.mark_written();
        let mut current = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *current = next;
        Ok(follow(value))
    }
}
