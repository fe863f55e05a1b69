//! Whose turn it is to start the platform of a state directory.

use std::fs::{DirBuilder, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use fs_err::File;

/// Held by the one command that starts the platform. The system releases it with the process.
pub(super) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits for the commands that came before.
    pub(super) async fn take(state_dir: &Path) -> Result<Turn> {
        // The platform's files are for nobody else, from the first moment.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state_dir)
            .with_context(|| format!("making the directory `{}`", state_dir.display()))?;
        let path = state_dir.join("start.lock");
        let file = File::create(path)?;
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await?;
        let file = locked.context("waiting for another command to start the local platform")?;
        Ok(Turn { _file: file })
    }
}

/// Whether a process holds the lock of a file. A file that is not there is not locked.
pub(super) fn is_locked(file: &Path) -> bool {
    let Ok(file) = File::open(file) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
