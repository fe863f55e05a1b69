//! One stage, opened: reads, writes and deletes its files through its directory.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, fchmod, fstat, fsync, mkdirat, unlinkat};
use rustix::io::Errno;

use crate::beneath::{self, explained};
use crate::file_path::FilePath;
use crate::upload::Upload;

/// The mode of the directories in a stage: containers with any user may read them.
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);

/// An open stage.
#[derive(Debug)]
pub struct Stage {
    directory: OwnedFd,
}

impl Stage {
    pub(crate) fn at(directory: OwnedFd) -> Stage {
        Stage { directory }
    }

    pub(crate) fn root(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Opens a file for reading; `None` if there is no file at the path.
    ///
    /// # Errors
    /// If the path leads through a link, or to something that is not a regular file.
    pub fn file(&self, path: &FilePath) -> io::Result<Option<File>> {
        let opened = match beneath::file(self.root(), path) {
            Err(ABSENT_FILE | ABSENT_DIRECTORY) => return Ok(None),
            opened => opened.map_err(|error| explained(error, path))?,
        };
        match FileType::from_raw_mode(fstat(&opened)?.st_mode) {
            FileType::RegularFile => Ok(Some(File::from(opened))),
            FileType::Directory => Ok(None),
            _ => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("`{}` is not a regular file", path.shown()),
            )),
        }
    }

    /// Makes an upload the file at a path, with missing directories. Replaces an existing file
    /// unless it must be new; then returns `false`. The file is on disk when this returns.
    pub fn place(&self, upload: Upload, path: &FilePath, only_new: bool) -> io::Result<bool> {
        let Some((parent, name)) = path.split() else {
            return Err(explained(Errno::ISDIR, path));
        };
        let directory = self.subdirectory(&parent)?;
        let placed = upload.place(directory.root(), name, only_new);
        placed.map_err(|error| explained(error, path))
    }

    /// Deletes a file. Returns `false` if there is none.
    pub fn remove(&self, path: &FilePath) -> io::Result<bool> {
        let Some((parent, name)) = path.split() else { return Ok(false) };
        let removed = beneath::directory(self.root(), &parent)
            .and_then(|directory| unlinkat(directory, name, AtFlags::empty()));
        match removed {
            Ok(()) => Ok(true),
            Err(ABSENT_FILE | ABSENT_DIRECTORY) => Ok(false),
            Err(error) => Err(explained(error, path)),
        }
    }

    /// Opens a directory, which is then used like a stage. Creates it if it is missing.
    pub fn subdirectory(&self, path: &FilePath) -> io::Result<Stage> {
        let mut directory = self.directory.try_clone()?;
        for name in path.names() {
            let opened = enter(directory.as_fd(), name);
            directory = opened.map_err(|error| explained(error, path))?;
        }
        Ok(Stage { directory })
    }

    /// Lets every user of a container enter. Only for a new directory: later its owner decides.
    pub(crate) fn allow_entry(&self) -> io::Result<()> {
        Ok(fchmod(&self.directory, DIRECTORY_MODE)?)
    }
}

impl AsFd for Stage {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.root()
    }
}

const ABSENT_FILE: Errno = Errno::NOENT;
/// A file is where the path has a directory.
const ABSENT_DIRECTORY: Errno = Errno::NOTDIR;

/// Opens a directory, creating it if it is missing.
fn enter(parent: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    match beneath::entry(parent, name) {
        Err(Errno::NOENT) => {}
        opened => return opened,
    }
    match mkdirat(parent, name, DIRECTORY_MODE) {
        Ok(()) => {}
        Err(Errno::EXIST) => return beneath::entry(parent, name),
        Err(error) => return Err(error),
    }
    let created = beneath::entry(parent, name)?;
    // Independent of the umask under which the platform was started.
    fchmod(&created, DIRECTORY_MODE)?;
    fsync(parent)?;
    Ok(created)
}
