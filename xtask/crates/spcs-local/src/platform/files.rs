//! The platform's own files in the state directory: lock, engine, port, password and status.

use std::fs::{Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err::File;
use spcs_local_files::{durable, private};
use spcs_local_services::EngineKind;
use spcs_local_services::controller::ControllerDirs;

use super::StartError;
use crate::catalog::Catalog;
use crate::config::Status;
use crate::password::random;

/// The file with the name of the engine.
const ENGINE: &str = "engine";

/// The file with the port that was chosen, if the configuration has none.
const PORT: &str = "port";

/// Creates the state directory, which only its owner can enter. Makes an existing one private.
/// Returns its absolute path.
pub(super) fn prepare(state_dir: &Path) -> io::Result<PathBuf> {
    private::directory(state_dir)?;
    fs_err::canonicalize(state_dir)
}

/// The lock of a running platform on its state directory. The kernel releases it with the process.
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    pub(super) fn take(state_dir: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Io { doing: "locking the state directory", source };
        let path = state_dir.join("platform.lock");
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => {
                Err(StartError::AlreadyRunning { state_dir: state_dir.to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether the locked file still exists at its path.
    pub(super) fn is_in_place(&self) -> bool {
        let identity = |data: Metadata| (data.dev(), data.ino());
        match (self.file.metadata(), fs_err::metadata(&self.path)) {
            (Ok(held), Ok(there)) => identity(held) == identity(there),
            (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
            (Err(_), Ok(_)) => true,
        }
    }

    /// Whether another platform has locked the directory since.
    pub(super) fn is_taken_over(&self) -> bool {
        !self.is_in_place() && self.path.exists()
    }
}

/// The engine of a state directory's platform at its last start; `None` if it never used one.
///
/// # Errors
/// If the directory cannot be read.
pub fn last_engine(state_dir: &Path) -> io::Result<Option<EngineKind>> {
    let name = match fs_err::read_to_string(state_dir.join(ENGINE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        name => name?,
    };
    let kinds = [EngineKind::Podman, EngineKind::Docker];
    Ok(kinds.into_iter().find(|kind| kind.name() == name.trim()))
}

/// Whether the platform of a state directory has services, or has dropped ones whose containers may
/// still exist. It may be running or not.
///
/// # Errors
/// If the catalog or the directory cannot be read.
pub fn has_services(state_dir: &Path) -> Result<bool, StartError> {
    let failed = |source| StartError::Io { doing: "looking for services", source };
    let started = ControllerDirs::new(state_dir).keys().map_err(failed)?;
    Ok(!started.is_empty() || Catalog::has_services(state_dir)?)
}

/// Stores the engine.
pub(super) fn write_engine(state_dir: &Path, kind: EngineKind) -> io::Result<()> {
    durable::replace(&state_dir.join(ENGINE), format!("{}\n", kind.name()).as_bytes())
}

/// The port that an earlier start chose.
pub(super) fn last_port(state_dir: &Path) -> Option<u16> {
    fs_err::read_to_string(state_dir.join(PORT)).ok()?.trim().parse().ok()
}

/// Stores the port that was chosen.
pub(super) fn write_port(state_dir: &Path, port: u16) -> io::Result<()> {
    durable::replace(&state_dir.join(PORT), format!("{port}\n").as_bytes())
}

/// The administrator's password, generated at the first start.
pub(super) fn password(state_dir: &Path) -> io::Result<String> {
    secret(&state_dir.join("admin_password"), || random()[..24].to_owned())
}

/// The key that signs the tokens of services, generated at the first start.
pub(super) fn service_token_key(state_dir: &Path) -> io::Result<String> {
    secret(&state_dir.join("service_token_key"), random)
}

/// The content of a file. Only its owner can read it.
fn secret(file: &Path, generate: impl FnOnce() -> String) -> io::Result<String> {
    match fs_err::read_to_string(file) {
        Ok(secret) => Ok(secret.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = generate();
            durable::replace(file, secret.as_bytes())?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
}

/// Writes `platform.json`, readable by its owner only because it contains the password.
pub(super) fn write_status(status: &Status) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(status).map_err(io::Error::other)?;
    durable::replace(&status_file(&status.state_dir), &text)
}

/// Deletes `platform.json`, if it exists.
pub(super) fn remove_status(state_dir: &Path) {
    let _ = fs_err::remove_file(status_file(state_dir));
}
