//! The owner of a mounted stage's files.

use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, RawMode, Uid, chownat, fchmod, openat};
use rustix::io::Errno;

use crate::listing::Unreadable;
use crate::stage::Stage;

/// Who owns the files of a mounted stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOwner {
    /// This user and group.
    User(u32, u32),
    /// Everyone may write; the private state directory keeps other users of this machine out.
    Everyone,
}

impl Stage {
    /// Gives everything in a stage to an owner. Without the privilege to do that, makes it
    /// writable for everyone. Links stay as they are.
    pub fn set_owner(&self, owner: StageOwner) -> io::Result<()> {
        if !owner.takes(self.root(), OsStr::new(".")) {
            tolerate(fchmod(self.root(), Mode::from_raw_mode(0o777)))?;
        }
        self.walk(Unreadable::Skip, |directory, path, stat| {
            let Some((_, name)) = path.split() else { return Ok(()) };
            let mode = match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => 0o777,
                FileType::RegularFile => 0o666,
                _ => return Ok(()),
            };
            if owner.takes(directory, name) {
                return Ok(());
            }
            tolerate(open_up(directory, name, mode))
        })
    }
}

impl StageOwner {
    /// Makes a user the owner of an entry. Returns `false` if the platform may not do that.
    fn takes(self, directory: BorrowedFd<'_>, name: &OsStr) -> bool {
        let StageOwner::User(user, group) = self else { return false };
        let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        chownat(directory, name, Some(user), Some(group), flags).is_ok()
    }
}

fn open_up(directory: BorrowedFd<'_>, name: &OsStr, mode: RawMode) -> Result<(), Errno> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = openat(directory, name, flags, Mode::empty())?;
    fchmod(opened, Mode::from_raw_mode(mode))
}

/// The platform cannot change the mode of files that a container's user owns, and a service may
/// have deleted the file or put a link there.
fn tolerate(changed: Result<(), Errno>) -> io::Result<()> {
    match changed {
        Err(Errno::PERM | Errno::ACCESS | Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(()),
        changed => Ok(changed?),
    }
}
