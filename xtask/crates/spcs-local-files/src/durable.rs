//! Crash-safe writes: write a temporary file, sync it, rename it, then sync the directory.

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use uuid::Uuid;

/// Atomically writes `bytes` to `path`. `temporary` is a directory on the same file system.
pub fn write(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary_file = temporary.join(Uuid::new_v4().to_string());
    write_private(&temporary_file, bytes)?;
    rename(&temporary_file, path)
}

/// Atomically replaces a file; only its owner can read the new one.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    write_private(&next, bytes)?;
    rename(&next, file)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Renames a file, creating missing parent directories, and syncs the target's directory.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let Some(parent) = to.parent() else { return fs::rename(from, to) };
    create_directory(parent)?;
    fs::rename(from, to)?;
    sync_directory(parent)
}

/// Creates a directory and its missing parents, which only their owner can enter, and syncs the
/// parent of each new directory.
pub fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
        match DirBuilder::new().mode(0o700).create(path) {
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
