//! The files of a stage.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use rustix::io::Errno;

use crate::beneath::{self, explained};
use crate::file_path::FilePath;
use crate::stage::Stage;

/// A regular file of a stage.
#[derive(Debug, Clone)]
pub struct StageFile {
    pub path: FilePath,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last modification.
    pub modified: SystemTime,
}

impl Stage {
    /// All regular files, sorted by path.
    pub fn files(&self) -> io::Result<Vec<StageFile>> {
        let mut found = Vec::new();
        self.walk(Unreadable::Fail, |_, path, stat| {
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                found.push(StageFile { path, size, modified: modified(stat) });
            }
            Ok(())
        })?;
        found.sort_by_cached_key(|file| file.path.shown());
        Ok(found)
    }

    /// Calls `visit` with each entry's directory, path and state. A service may delete and replace
    /// entries meanwhile. Only one directory is open at a time: a service can make deep ones.
    pub(crate) fn walk(
        &self,
        unreadable: Unreadable,
        mut visit: impl FnMut(BorrowedFd<'_>, FilePath, &Stat) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut left = vec![FilePath::stage()];
        while let Some(path) = left.pop() {
            let directory = match beneath::directory(self.root(), &path) {
                // It was deleted, or something else has its place.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
                // No client can name it.
                Err(Errno::NAMETOOLONG) => continue,
                Err(Errno::ACCESS) if unreadable == Unreadable::Skip => continue,
                directory => directory.map_err(|error| explained(error, &path))?,
            };
            for entry in Dir::read_from(&directory)? {
                let entry = entry?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                if matches!(name.as_bytes(), b"." | b"..") {
                    continue;
                }
                let stat = match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => continue,
                    stat => stat?,
                };
                let path = path.entry(name);
                if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                    left.push(path.clone());
                }
                visit(directory.as_fd(), path, &stat)?;
            }
        }
        Ok(())
    }
}

/// What to do about a directory that the platform may not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Skip,
    Fail,
}

fn modified(stat: &Stat) -> SystemTime {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}
