//! Opens paths below a directory whose content others change at any moment, without following a
//! symbolic link and without leaving the directory. Nothing is checked first and opened later.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use crate::file_path::FilePath;

/// Flags of every open. A FIFO does not block, and a terminal does not become the platform's.
const ALWAYS: OFlags = OFlags::CLOEXEC.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

const DIRECTORY: OFlags = ALWAYS.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);

/// Opens an existing directory, or the root itself. The error is LOOP if a link is on the path.
pub(crate) fn directory(root: BorrowedFd<'_>, path: &FilePath) -> Result<OwnedFd, Errno> {
    open(root, path, DIRECTORY)
}

/// Opens an existing file for reading. It need not be a regular one.
pub(crate) fn file(root: BorrowedFd<'_>, path: &FilePath) -> Result<OwnedFd, Errno> {
    open(root, path, ALWAYS | OFlags::NOFOLLOW)
}

/// Opens a directory by its name in another one.
pub(crate) fn entry(parent: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(parent, name, DIRECTORY, Mode::empty()).map_err(|error| link_or(error, parent, name))
}

/// The error for a path in a stage. A link is refused; it is not a broken disk.
pub(crate) fn explained(error: Errno, path: &FilePath) -> io::Error {
    let path = path.shown();
    if error == Errno::LOOP {
        let message = format!("`{path}` leads through a symbolic link");
        return io::Error::new(io::ErrorKind::PermissionDenied, message);
    }
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("`{path}`: {error}"))
}

fn open(root: BorrowedFd<'_>, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Errno> {
    match in_one_step(root, path, flags) {
        // An old kernel, or a container engine's filter of system calls.
        Err(Errno::NOSYS | Errno::PERM) => step_by_step(root, path, flags),
        opened => opened,
    }
}

#[cfg(target_os = "linux")]
fn in_one_step(root: BorrowedFd<'_>, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};

    if path.is_stage() {
        return step_by_step(root, path, flags);
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    // Without NOFOLLOW, a link at the end is the same error as one before it.
    let flags = flags.difference(OFlags::NOFOLLOW);
    openat2(root, path.as_path(), flags, Mode::empty(), resolve)
}

#[cfg(not(target_os = "linux"))]
fn in_one_step(_: BorrowedFd<'_>, _: &FilePath, _: OFlags) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// Opens one directory after the other, each in the one before.
fn step_by_step(root: BorrowedFd<'_>, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Errno> {
    let Some((_, last)) = path.split() else {
        return openat(root, ".", flags, Mode::empty());
    };
    let mut directory: Option<OwnedFd> = None;
    let count = path.names().count();
    for name in path.names().take(count - 1) {
        let parent = directory.as_ref().map_or(root, |fd| fd.as_fd());
        directory = Some(entry(parent, name)?);
    }
    let parent = directory.as_ref().map_or(root, |fd| fd.as_fd());
    openat(parent, last, flags, Mode::empty()).map_err(|error| link_or(error, parent, last))
}

/// An open of a link as a directory fails like that of a file; this tells them apart.
fn link_or(error: Errno, parent: BorrowedFd<'_>, name: &OsStr) -> Errno {
    let is_link = || {
        statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
    };
    if error == Errno::NOTDIR && is_link() { Errno::LOOP } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Open = fn(BorrowedFd<'_>, &FilePath, OFlags) -> Result<OwnedFd, Errno>;

    #[test]
    fn both_ways_to_open_a_path_refuse_links_and_find_files() {
        let outside = tempfile::tempdir().unwrap();
        fs_err::write(outside.path().join("secret"), "x").unwrap();
        let stage = tempfile::tempdir().unwrap();
        fs_err::create_dir(stage.path().join("d")).unwrap();
        fs_err::write(stage.path().join("d/file"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), stage.path().join("link")).unwrap();
        std::os::unix::fs::symlink(".", stage.path().join("here")).unwrap();
        std::os::unix::fs::symlink("file", stage.path().join("d/last")).unwrap();
        let root = fs_err::File::open(stage.path()).unwrap();
        let mut ways: Vec<(&str, Open)> = vec![("step by step", step_by_step)];
        if cfg!(target_os = "linux") {
            ways.push(("in one step", in_one_step));
        }
        for (way, open) in ways {
            let error = |text: &str, flags: OFlags| {
                let path = FilePath::parse(text).unwrap();
                open(root.as_fd(), &path, flags).err()
            };
            let reading = ALWAYS | OFlags::NOFOLLOW;
            for link in ["link", "link/secret", "here/d/file", "d/last"] {
                assert_eq!(error(link, reading), Some(Errno::LOOP), "{way}: {link}");
                assert_eq!(error(link, DIRECTORY), Some(Errno::LOOP), "{way}: {link}");
            }
            assert_eq!(error("d/file", reading), None, "{way}");
            assert_eq!(error("d", DIRECTORY), None, "{way}");
            assert_eq!(error("", DIRECTORY), None, "{way}");
            assert_eq!(error("d/none", reading), Some(Errno::NOENT), "{way}");
            assert_eq!(error("d/file/x", reading), Some(Errno::NOTDIR), "{way}");
            assert_eq!(error("d/file", DIRECTORY), Some(Errno::NOTDIR), "{way}");
        }
    }
}
