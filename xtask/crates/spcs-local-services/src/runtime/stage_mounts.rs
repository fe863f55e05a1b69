//! Mounts of stage directories on this machine, from which an engine that runs as root here mounts
//! them into containers.
//!
//! The engine gets a path that no container can change, although containers can exchange any
//! directory in a stage for a link. And each mount is `nosuid` and `nodev`, which docker cannot
//! set for directories: what a container stores there gives nobody privileges.
//!
//! The mounts are outside of the state directory, so that it can be deleted while they exist.

use std::io;
use std::path::{Path, PathBuf};

use spcs_local_files::Stage;

/// The parent of all platforms' mounts. It is empty after a restart of the machine.
const ROOT: &str = "/run/spcs-local";

/// The directory of the mounts of a platform.
fn platform_directory(platform_id: &str) -> PathBuf {
    Path::new(ROOT).join(platform_id)
}

/// The directory of the mounts of a service.
pub(crate) fn service_directory(platform_id: &str, key: &str) -> PathBuf {
    platform_directory(platform_id).join(key)
}

/// Whether this process may mount directories.
pub(crate) fn are_possible() -> bool {
    cfg!(target_os = "linux") && rustix::process::geteuid().is_root()
}

/// Mounts a directory of a stage, unless it is mounted there already.
#[cfg(target_os = "linux")]
pub(crate) fn mount(stage: &Stage, target: &Path, read_only: bool) -> io::Result<()> {
    use std::os::fd::{AsFd as _, AsRawFd as _};

    use rustix::fs::{StatVfsMountFlags, fstat, fstatvfs, stat, statvfs};
    use rustix::mount::{MountFlags, mount_bind, mount_remount};

    spcs_local_files::private::directory(target)?;
    let (here, there) = (fstat(stage)?, stat(target)?);
    let flags = statvfs(target)?.f_flag;
    let wanted = StatVfsMountFlags::NOSUID | StatVfsMountFlags::NODEV;
    let mounted = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino);
    if mounted && flags.contains(wanted) && flags.contains(StatVfsMountFlags::RDONLY) == read_only {
        return Ok(());
    }
    unmount(target)?;
    // The link leads to the open directory itself, whatever has its name now.
    let source = format!("/proc/self/fd/{}", stage.as_fd().as_raw_fd());
    mount_bind(source, target)?;
    let mut flags = MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV;
    if read_only {
        flags |= MountFlags::RDONLY;
    }
    // What the file system's own mount forbids stays forbidden.
    if fstatvfs(stage)?.f_flag.contains(StatVfsMountFlags::NOEXEC) {
        flags |= MountFlags::NOEXEC;
    }
    mount_remount(target, flags, "").map_err(|error| {
        let _ = unmount(target);
        error.into()
    })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn mount(_: &Stage, _: &Path, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes the mounts of an instance: those with a number and a dash before their names.
pub(crate) fn remove_instance(platform_id: &str, key: &str, instance: u32) -> io::Result<()> {
    let start = format!("{instance}-");
    remove_below(&service_directory(platform_id, key), |name| name.starts_with(&start))
}

/// Removes all mounts of a service.
pub(crate) fn remove_service(platform_id: &str, key: &str) -> io::Result<()> {
    let directory = service_directory(platform_id, key);
    remove_below(&directory, |_| true)?;
    remove_directory(&directory)
}

/// Removes all mounts of a platform.
pub(crate) fn remove_all(platform_id: &str) -> io::Result<()> {
    let directory = platform_directory(platform_id);
    for key in names(&directory)? {
        remove_service(platform_id, &key)?;
    }
    remove_directory(&directory)
}

fn remove_below(directory: &Path, is_wanted: impl Fn(&str) -> bool) -> io::Result<()> {
    for name in names(directory)?.into_iter().filter(|name| is_wanted(name)) {
        let target = directory.join(name);
        unmount(&target)?;
        // Never its content: if it is still mounted, that is a stage.
        remove_directory(&target)?;
    }
    Ok(())
}

/// Removes all mounts at a path. Containers that still use one keep it.
#[cfg(target_os = "linux")]
fn unmount(target: &Path) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::mount::{UnmountFlags, unmount};

    loop {
        match unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            Ok(()) => {}
            // Nothing is mounted.
            Err(Errno::INVAL | Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn unmount(_: &Path) -> io::Result<()> {
    Ok(())
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

fn remove_directory(path: &Path) -> io::Result<()> {
    match fs_err::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
