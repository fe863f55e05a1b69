//! Files of the state directory that are the platform's own: lock, engine, password, status.

use std::fs::{DirBuilder, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err::File;
use spcs_local_files::durable;
use spcs_local_files::stages::ASIDE;
use spcs_local_services::EngineKind;

use super::StartError;
use crate::catalog::Catalog;
use crate::config::Status;
use crate::password::random;

/// The file that names the engine.
const ENGINE: &str = "engine";

/// The file that holds the port, where no port was asked for.
const PORT: &str = "port";

/// Makes the state directory, for its owner only; gives its whole path.
pub(super) fn prepare(state_dir: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(state_dir)?;
    fs_err::canonicalize(state_dir)
}

/// Makes the directory of all stages; what a kill left half-done there goes. What cannot go, such
/// as files of another user, disturbs nobody: each thing there has a name of its own.
pub(super) fn prepare_stages(stages: &Path) -> io::Result<()> {
    let aside = stages.join(ASIDE);
    match fs_err::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "files of a dropped stage are left");
        }
        _ => {}
    }
    fs_err::create_dir_all(aside)
}

/// Held as long as a platform runs on the directory; the system lets go of it with the process.
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

    /// Whether the file that is locked still lies where it was made.
    pub(super) fn is_in_place(&self) -> bool {
        let identity = |data: Metadata| (data.dev(), data.ino());
        match (self.file.metadata(), fs_err::metadata(&self.path)) {
            (Ok(held), Ok(there)) => identity(held) == identity(there),
            (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
            (Err(_), Ok(_)) => true,
        }
    }

    /// Whether another platform has taken the place.
    pub(super) fn is_taken_over(&self) -> bool {
        !self.is_in_place() && self.path.exists()
    }
}

/// The engine that the platform of a state directory ran with when it was last started; `None`
/// before one was used.
///
/// # Errors
/// When the directory cannot be read.
pub fn last_engine(state_dir: &Path) -> io::Result<Option<EngineKind>> {
    let name = match fs_err::read_to_string(state_dir.join(ENGINE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        name => name?,
    };
    let kinds = [EngineKind::Podman, EngineKind::Docker];
    Ok(kinds.into_iter().find(|kind| kind.name() == name.trim()))
}

/// Whether the platform of a state directory keeps services, whether it runs or not.
///
/// # Errors
/// When the catalog cannot be read.
pub fn has_services(state_dir: &Path) -> Result<bool, StartError> {
    Ok(Catalog::has_services(state_dir)?)
}

/// Keeps which engine the services run with.
pub(super) fn write_engine(state_dir: &Path, kind: EngineKind) -> io::Result<()> {
    durable::replace(&state_dir.join(ENGINE), format!("{}\n", kind.name()).as_bytes())
}

/// The port that was chosen at an earlier start.
pub(super) fn last_port(state_dir: &Path) -> Option<u16> {
    fs_err::read_to_string(state_dir.join(PORT)).ok()?.trim().parse().ok()
}

/// Keeps the port that was chosen.
pub(super) fn write_port(state_dir: &Path, port: u16) -> io::Result<()> {
    durable::replace(&state_dir.join(PORT), format!("{port}\n").as_bytes())
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
    let _ = fs_err::remove_file(status_file(state_dir));
}
