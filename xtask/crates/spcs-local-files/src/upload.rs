//! An upload: a file outside of all stages until it is complete.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fsync, linkat, openat, renameat, unlinkat};
use rustix::io::Errno;

use crate::id::Id;

/// The mode of files in a stage: containers with any user may read them.
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);

/// An unfinished file. It is deleted on drop unless it was placed in a stage.
#[derive(Debug)]
pub struct Upload {
    incoming: OwnedFd,
    name: String,
    file: File,
    is_placed: bool,
}

impl Upload {
    pub(crate) fn start(incoming: OwnedFd) -> io::Result<Upload> {
        let name = Id::random().to_string();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(&incoming, &name, flags, FILE_MODE)?;
        let upload = Upload { incoming, name, file: File::from(file), is_placed: false };
        // Independent of the umask under which the platform was started.
        fchmod(&upload.file, FILE_MODE)?;
        Ok(upload)
    }

    /// The file, to write to.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Syncs the file and moves it. Returns `false` if it must be new and something is there.
    pub(crate) fn place(
        mut self,
        directory: BorrowedFd<'_>,
        name: &OsStr,
        only_new: bool,
    ) -> Result<bool, Errno> {
        fsync(&self.file)?;
        if only_new {
            // A link fails if something has the name, whereas a rename would replace it. The
            // upload's own name is deleted on drop.
            match linkat(&self.incoming, &self.name, directory, name, AtFlags::empty()) {
                Err(Errno::EXIST) => return Ok(false),
                linked => linked?,
            }
        } else {
            renameat(&self.incoming, &self.name, directory, name)?;
            self.is_placed = true;
        }
        fsync(directory)?;
        Ok(true)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_placed {
            // What is left is deleted at the next start.
            let _ = unlinkat(&self.incoming, &self.name, AtFlags::empty());
        }
    }
}
