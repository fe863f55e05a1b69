//! The lock that lets one command at a time start the platform of a state directory.

use std::fs::TryLockError;
use std::path::Path;

use anyhow::{Context as _, Result};
use fs_err::File;

/// Held by the command that starts the platform. The system releases it when the process ends.
pub(super) struct StartLock {
    _file: File,
}

impl StartLock {
    /// Waits until no other command holds the lock.
    pub(super) async fn acquire(state_dir: &Path) -> Result<StartLock> {
        spcs_local::private_directory(state_dir)
            .with_context(|| format!("making the directory `{}`", state_dir.display()))?;
        let path = state_dir.join("start.lock");
        let file = File::create(path)?;
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await?;
        let file = locked.context("waiting for another command to start the local platform")?;
        Ok(StartLock { _file: file })
    }
}

/// Whether a process holds a lock on a file. A missing file is not locked.
pub(super) fn is_locked(file: &Path) -> bool {
    let Ok(file) = File::open(file) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
