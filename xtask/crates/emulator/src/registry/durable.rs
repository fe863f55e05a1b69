//! Writes that survive a crash: a temporary file, synced, then renamed, then the directory synced.

use std::io::{self, Write as _};
use std::path::Path;

use fs_err as fs;
use uuid::Uuid;

/// Puts `bytes` at `path`, whole or not at all. `temporary` is a directory on the same file system.
pub(crate) fn write(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = temporary.join(Uuid::new_v4().to_string());
    let mut file = fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&draft, path)
}

/// Renames, makes the directories that lead there, and syncs the last one.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let Some(parent) = to.parent() else { return fs::rename(from, to) };
    make_directory(parent)?;
    fs::rename(from, to)?;
    sync_directory(parent)
}

/// Makes a directory and the ones above it, each made durable in its parent.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_directory(parent)?;
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        sync_directory(parent)?;
    }
    Ok(())
}

fn sync_directory(path: &Path) -> io::Result<()> {
    // A relative path of one part has the empty path for a parent: the current directory.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::File::open(path)?.sync_all()
}
