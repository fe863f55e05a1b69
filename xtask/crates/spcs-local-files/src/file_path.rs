//! Paths in a stage, checked before anything is created.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A path in a stage: names that the file system takes. It may be empty, which is the stage itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePath(PathBuf);

/// Why a text is not a [`FilePath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    #[error("a part of the path is `.` or `..`")]
    Dots,
    #[error("the path contains a NUL character")]
    Nul,
    #[error("a part of the path is longer than {MAX_NAME} bytes")]
    LongName,
    #[error("the path is longer than {MAX_PATH} bytes")]
    LongPath,
}

/// The longest file name that common file systems take, in bytes.
const MAX_NAME: usize = 255;

/// The longest path in a stage, in bytes. It leaves room for a directory before it: the system
/// takes 4096 bytes.
const MAX_PATH: usize = 3000;

impl FilePath {
    /// Parses a path with `/` between its names. Slashes at the ends and repeated ones are ignored.
    pub fn parse(text: &str) -> Result<FilePath, InvalidPath> {
        let mut path = PathBuf::new();
        for name in text.split('/').filter(|name| !name.is_empty()) {
            if matches!(name, "." | "..") {
                return Err(InvalidPath::Dots);
            }
            if name.contains('\0') {
                return Err(InvalidPath::Nul);
            }
            if name.len() > MAX_NAME {
                return Err(InvalidPath::LongName);
            }
            path.push(name);
        }
        if path.as_os_str().len() > MAX_PATH {
            return Err(InvalidPath::LongPath);
        }
        Ok(FilePath(path))
    }

    /// The stage itself.
    pub(crate) fn stage() -> FilePath {
        FilePath(PathBuf::new())
    }

    /// The path of a directory's entry. A container may have given it any name, in any encoding.
    pub(crate) fn entry(&self, name: &OsStr) -> FilePath {
        FilePath(self.0.join(name))
    }

    /// The path of the directory, and the name in it; `None` for the stage itself.
    pub(crate) fn split(&self) -> Option<(FilePath, &OsStr)> {
        let name = self.0.file_name()?;
        Some((FilePath(self.0.parent().unwrap_or(Path::new("")).to_owned()), name))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter()
    }

    pub fn is_stage(&self) -> bool {
        self.0.as_os_str().is_empty()
    }

    /// The path as it is shown. What is not Unicode is replaced.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(self.0.as_os_str().as_bytes()).into_owned()
    }

    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_file_system_does_not_take_is_refused() {
        let parse = |text: &str| FilePath::parse(text).map(|path| path.shown());
        assert_eq!(parse("/a//b.yaml/"), Ok("a/b.yaml".to_owned()));
        assert_eq!(parse(""), Ok(String::new()));
        assert_eq!(parse("a/../b"), Err(InvalidPath::Dots));
        assert_eq!(parse("./a"), Err(InvalidPath::Dots));
        assert_eq!(parse("a\0b"), Err(InvalidPath::Nul));
        assert_eq!(parse(&"ä".repeat(127)).map(|path| path.len()), Ok(254));
        assert_eq!(parse(&"ä".repeat(128)), Err(InvalidPath::LongName));
        assert_eq!(parse(&"a/".repeat(1501)), Err(InvalidPath::LongPath));
    }
}
