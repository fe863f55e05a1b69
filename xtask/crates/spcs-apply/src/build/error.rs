//! Build errors. They do not name the image: the caller's error does.

use std::io;
use std::path::{Path, PathBuf};

use super::disk_space::{self, free_space};
use crate::error::Kind;
use crate::layout::LayoutError;

/// Why an image could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The Dockerfile or the build context cannot be read.
    #[error("could not read the files it is built from")]
    Inputs(#[source] io::Error),
    /// The engine failed while it ran the Dockerfile.
    #[error("the engine failed; its last lines:\n{tail}")]
    Dockerfile { tail: String, log: PathBuf },
    /// Another engine command failed.
    #[error("could not {doing}: {said}")]
    Engine {
        /// What was being done.
        doing: &'static str,
        said: String,
    },
    /// The base image can be neither pulled nor bootstrapped.
    #[error("no base image {reference}: {problem}")]
    Base {
        reference: String,
        /// Why each attempt failed.
        problem: String,
        hint: &'static str,
    },
    /// The disk filled up during the build.
    #[error("the disk is full; free space: {free}")]
    DiskFull {
        /// How much is free, and where.
        free: String,
    },
    /// The saved archive cannot be converted to a layout.
    #[error("could not keep it as an OCI layout")]
    Layout(#[source] LayoutError),
    /// A file of the build cannot be written.
    #[error("could not write the files of the build")]
    Files(#[source] io::Error),
}

impl BuildError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            BuildError::Inputs(_) | BuildError::Dockerfile { .. } => Kind::Input,
            BuildError::Layout(LayoutError::Platform { .. }) => Kind::Input,
            BuildError::Layout(LayoutError::Archive(_)) => Kind::Internal,
            _ => Kind::Machine,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            BuildError::Dockerfile { log, .. } => {
                Some(format!("all of its output is in {}", log.display()))
            }
            BuildError::Base { hint, .. } => Some((*hint).to_owned()),
            BuildError::DiskFull { .. } => Some(disk_space::HINT.to_owned()),
            _ => None,
        }
    }
}

/// Whether an engine's output says that the disk is full.
pub(super) fn is_disk_full(text: &str) -> bool {
    text.to_ascii_lowercase().contains("no space left on device")
}

/// The error for a failed write. For a full disk, it reports how much space is free.
pub(super) fn files(work_dir: &Path, source: io::Error) -> BuildError {
    match source.kind() {
        io::ErrorKind::StorageFull => disk_full(work_dir),
        _ => BuildError::Files(source),
    }
}

pub(super) fn disk_full(work_dir: &Path) -> BuildError {
    let places = [work_dir, Path::new("/var/lib"), Path::new("/var/tmp")];
    let free = places
        .iter()
        .filter_map(|place| Some(format!("{} MiB in {}", free_space(place)?.mib, place.display())));
    let free: Vec<_> = free.collect();
    BuildError::DiskFull { free: free.join(", ") }
}
