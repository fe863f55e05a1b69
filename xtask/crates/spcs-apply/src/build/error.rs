//! Why an image could not be built.

use std::io;
use std::path::{Path, PathBuf};

use super::room::free_mib;
use crate::error::Kind;
use crate::layout::LayoutError;

/// Why an image could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The Dockerfile or its context cannot be read.
    #[error("could not read what image {image} is built from: {source}")]
    Inputs {
        /// The image.
        image: String,
        /// What went wrong; it names the path.
        source: io::Error,
    },
    /// The engine ran the Dockerfile and failed.
    #[error(
        "could not build image {image}; the engine's last lines:\n{tail}\nhint: all of its output is in {log}"
    )]
    Dockerfile {
        /// The image.
        image: String,
        /// The last lines.
        tail: String,
        /// The whole output.
        log: PathBuf,
    },
    /// The engine failed at something that is not the Dockerfile's doing.
    #[error("could not {doing} for image {image}: {said}")]
    Engine {
        /// The image.
        image: String,
        /// What was being done.
        doing: &'static str,
        /// What the engine said.
        said: String,
    },
    /// There is no base image.
    #[error("no base image {reference} for image {image}: {problem}\nhint: {hint}")]
    Base {
        /// The image.
        image: String,
        /// The base.
        reference: String,
        /// What was tried.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// No space is left.
    #[error(
        "the disk is full while image {image} is built; free space: {free}\nhint: remove unused images (`podman image prune` or `docker image prune`) or free space there"
    )]
    DiskFull {
        /// The image.
        image: String,
        /// How much is free, and where.
        free: String,
    },
    /// What the engine saved cannot become a layout.
    #[error("could not keep image {image} as an OCI layout: {source}")]
    Layout {
        /// The image.
        image: String,
        /// Why.
        source: LayoutError,
    },
    /// A file of ours cannot be written.
    #[error("could not keep what is known of image {image}: {source}")]
    Files {
        /// The image.
        image: String,
        /// What went wrong; it names the path.
        source: io::Error,
    },
}

impl BuildError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            BuildError::Inputs { .. } | BuildError::Dockerfile { .. } => Kind::Input,
            BuildError::Layout { source: LayoutError::Platform { .. }, .. } => Kind::Input,
            BuildError::Layout { source: LayoutError::Archive(_), .. } => Kind::Internal,
            _ => Kind::Machine,
        }
    }
}

/// Whether an engine's output says that the disk is full.
pub(super) fn says_disk_full(text: &str) -> bool {
    text.to_ascii_lowercase().contains("no space left on device")
}

/// An I/O error of ours; a full disk gets the error that says what is free.
pub(super) fn files(image: &str, work_dir: &Path, source: io::Error) -> BuildError {
    match source.kind() {
        io::ErrorKind::StorageFull => disk_full(image, work_dir),
        _ => BuildError::Files { image: image.to_owned(), source },
    }
}

/// The error for a full disk.
pub(super) fn disk_full(image: &str, work_dir: &Path) -> BuildError {
    let places = [work_dir, Path::new("/var/lib"), Path::new("/var/tmp")];
    let free = places.iter().filter_map(|place| {
        let (_, mib) = free_mib(place)?;
        Some(format!("{mib} MiB in {}", place.display()))
    });
    let free: Vec<_> = free.collect();
    BuildError::DiskFull { image: image.to_owned(), free: free.join(", ") }
}
