//! Crash-safe writes: write a temporary file, sync it, rename it, then sync the directory.

use std::io::{self, Write as _};
use std::path::Path;

use fs_err as fs;
use uuid::Uuid;

/// Atomically writes `bytes` to `path`. `temporary` is a directory on the same file system.
pub fn write(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary_file = temporary.join(Uuid::new_v4().to_string());
    let mut file = fs::File::create(&temporary_file)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&temporary_file, path)
}

/// Atomically replaces a file; only its owner can read the new one.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        let mut open = fs_err::OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(0o600);
        let mut handle = open.open(&next)?;
        handle.write_all(bytes)?;
        handle.sync_all()?;
    }
    rename(&next, file)
}

/// Like [`rename`], but does nothing and returns `false` if `to` already exists.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<bool> {
    let Some(parent) = to.parent() else { return Ok(false) };
    create_directory(parent)?;
    // Creating a link fails if `to` exists, whereas a rename would replace it.
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        linked => linked?,
    }
    fs::remove_file(from)?;
    sync_directory(parent)?;
    Ok(true)
}

/// Renames a file, creating missing parent directories, and syncs the target's directory.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let Some(parent) = to.parent() else { return fs::rename(from, to) };
    create_directory(parent)?;
    fs::rename(from, to)?;
    sync_directory(parent)
}

/// Creates a directory and its missing parents, and syncs the parent of each new directory.
pub fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        sync_directory(parent)?;
    }
    Ok(())
}

fn sync_directory(path: &Path) -> io::Result<()> {
    // The parent of a single-component relative path is empty and means the current directory.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::File::open(path)?.sync_all()
}
