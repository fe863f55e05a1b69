//! Writes that survive a crash: a temporary file, synced, then renamed, then the directory synced.

use std::io::{self, Write as _};
use std::path::Path;

use fs_err as fs;
use uuid::Uuid;

/// Puts `bytes` at `path`, whole or not at all. `temporary` is a directory on the same file system.
pub fn write(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = temporary.join(Uuid::new_v4().to_string());
    let mut file = fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&draft, path)
}

/// Replaces a file by one that only its owner can read.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    {
        use std::os::unix::fs::OpenOptionsExt;
        let mut open = std::fs::OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(0o600);
        let mut handle = open.open(&next)?;
        handle.write_all(bytes)?;
        handle.sync_all()?;
    }
    rename(&next, file)
}

/// The same as [`rename`] where nothing is at `to` yet; otherwise `false`, and nothing changes.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<bool> {
    let Some(parent) = to.parent() else { return Ok(false) };
    make_directory(parent)?;
    // A link fails where a rename would replace.
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        linked => linked?,
    }
    fs::remove_file(from)?;
    sync_directory(parent)?;
    Ok(true)
}

/// Renames, makes the directories that lead there, and syncs the last one.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let Some(parent) = to.parent() else { return fs::rename(from, to) };
    make_directory(parent)?;
    fs::rename(from, to)?;
    sync_directory(parent)
}

/// Makes a directory and the ones above it, each made durable in its parent.
pub fn make_directory(path: &Path) -> io::Result<()> {
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
