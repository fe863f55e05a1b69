//! Files of the state directory that are the platform's own: lock, password, status.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::StartError;
use crate::catalog::random;
use crate::config::Status;
use crate::durable;
use crate::stages::ASIDE;

/// Makes the state directory, for its owner only; gives its whole path.
pub(super) fn prepare(state_dir: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(state_dir)?;
    fs_err::canonicalize(state_dir)
}

/// Makes the directory of all stages; what a kill left half-done there goes.
pub(super) fn prepare_stages(stages: &Path) -> io::Result<()> {
    let aside = stages.join(ASIDE);
    match fs_err::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs_err::create_dir_all(aside)
}

/// Held as long as a platform runs on the directory; the system lets go of it with the process.
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the file")] File);

impl Lock {
    pub(super) fn take(state_dir: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Io { doing: "locking the state directory", source };
        let file = File::create(state_dir.join("platform.lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(StartError::AlreadyRunning { state_dir: state_dir.to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The administrator's password, made at the first start.
pub(super) fn password(state_dir: &Path) -> io::Result<String> {
    let file = state_dir.join("admin_password");
    match fs_err::read_to_string(&file) {
        Ok(password) => Ok(password.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let password = random()[..24].to_owned();
            durable::replace(&file, password.as_bytes())?;
            Ok(password)
        }
        Err(error) => Err(error),
    }
}

fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
}

/// Writes `platform.json`, readable by its owner only: it holds the password.
pub(super) fn write_status(status: &Status) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(status).map_err(io::Error::other)?;
    durable::replace(&status_file(&status.state_dir), &text)
}

/// Takes it away; one that is gone already is no harm.
pub(super) fn remove_status(state_dir: &Path) {
    let _ = std::fs::remove_file(status_file(state_dir));
}
