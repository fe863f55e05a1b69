//! The errors of opening a catalog.

use std::io;
use std::path::PathBuf;

/// An error of opening a catalog.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another version of the platform wrote the file.
    #[error("`{}` was written by another version of the local platform", file.display())]
    OtherFormat { file: PathBuf },
    /// The file is not a valid catalog.
    #[error("the catalog `{}` is broken: {reason}", file.display())]
    Broken { file: PathBuf, reason: String },
    /// The file cannot be read or written.
    #[error("the catalog cannot be opened: {source}")]
    Io { source: io::Error },
}

impl OpenError {
    /// The next step for the user.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherFormat { .. } => {
                "run `cargo xtask local reset`: it deletes the local platform and everything in \
                 it; the next deploy creates it again"
            }
            Self::Broken { .. } => {
                "restore a backup of the file, or run `cargo xtask local reset`: it deletes the \
                 local platform and everything in it; the next deploy creates it again"
            }
            Self::Io { .. } => "check the permissions of the state directory and the free space",
        }
    }
}
