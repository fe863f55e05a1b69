//! Why a catalog cannot be opened.

use std::io;
use std::path::PathBuf;

/// Why a catalog cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A platform of another version wrote it.
    #[error("`{}` was written by another version of the local platform", file.display())]
    OtherFormat {
        /// The file.
        file: PathBuf,
    },
    /// What is in the file is not a catalog, or not a whole one.
    #[error("the catalog `{}` is broken: {reason}", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system did not let it be read or written.
    #[error("the catalog cannot be opened: {source}")]
    Io {
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherFormat { .. } => {
                "run `cargo xtask local reset`: it deletes the local platform with all that it \
                 holds, and the next deploy makes it again"
            }
            Self::Broken { .. } => {
                "put a copy of the file back if you have one; if not, run `cargo xtask local \
                 reset`: it deletes the local platform with all that it holds, and the next \
                 deploy makes it again"
            }
            Self::Io { .. } => "check the permissions of the state directory and the free space",
        }
    }
}
