//! Directories that only their owner can enter, from the first moment on.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, fchmod, fstat, openat};

/// Creates a private directory and its missing parents. Makes an existing one private.
///
/// # Errors
/// If it belongs to another user, who could open it again.
pub fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let opened = openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let stat = fstat(&opened)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("`{}` belongs to another user, who can read what is in it", path.display()),
        ));
    }
    if stat.st_mode & 0o077 != 0 {
        fchmod(&opened, Mode::from_raw_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_that_others_can_enter_is_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = parent.path().join("new/state");
        directory(&path).unwrap();
        assert_eq!((mode(&parent.path().join("new")), mode(&path)), (0o700, 0o700));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        directory(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_directory_of_another_user_is_refused() {
        let directory_of_root = Path::new("/");
        let path = if rustix::process::geteuid().is_root() {
            let parent = tempfile::tempdir().unwrap();
            let path = parent.keep().join("state");
            fs_err::create_dir(&path).unwrap();
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            path
        } else {
            directory_of_root.to_owned()
        };
        let error = directory(&path).unwrap_err();
        assert!(error.to_string().contains("belongs to another user"), "{error}");
    }
}
