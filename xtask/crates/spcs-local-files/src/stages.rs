//! The directory that holds all stages.
//!
//! Services write to it through their stage volumes and could create symbolic links to any path on
//! the host. The platform can access paths that a service cannot, so it never follows a link.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Directory for unfinished uploads and for dropped stages that are being deleted. It is emptied
/// at each start. No database can have this name.
pub const TEMPORARY: &str = ".aside";

/// Resolves `relative`, a `/`-separated path, below the directory of all stages. The path need not
/// exist. Fails if it contains `.` or `..`, or if any existing component is neither a directory nor
/// a regular file.
pub fn locate(stages: &Path, relative: &str) -> io::Result<PathBuf> {
    let mut path = stages.to_owned();
    let mut missing = false;
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        if matches!(part, "." | "..") {
            let message = format!("`{relative}` must not contain `.` or `..`");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        path.push(part);
        // Nothing can exist below a missing directory, so there are no links to check.
        if missing {
            continue;
        }
        match fs_err::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing = true,
            Err(error) => return Err(error),
            Ok(metadata) if metadata.is_dir() || metadata.is_file() => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("`{part}` in `{relative}` is not a directory or a regular file"),
                ));
            }
        }
    }
    Ok(path)
}

/// Moves a stage's directory into [`TEMPORARY`] and returns its new path, or `None` if the stage
/// has no directory.
pub fn detach(stages: &Path, stage: &str) -> io::Result<Option<PathBuf>> {
    let detached = temporary_path(stages);
    none_if_missing(fs_err::rename(stages.join(stage), &detached))
        .map(|found| found.map(|()| detached))
}

/// A new unique path in [`TEMPORARY`].
pub fn temporary_path(stages: &Path) -> PathBuf {
    stages.join(TEMPORARY).join(uuid::Uuid::new_v4().simple().to_string())
}

/// A regular file of a stage.
pub struct StageFile {
    /// `/`-separated path, relative to the listed directory.
    pub path: String,
    /// Path on the host.
    pub file: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last modification.
    pub modified: SystemTime,
}

/// All regular files below a directory, sorted by path.
pub fn files(directory: &Path) -> io::Result<Vec<StageFile>> {
    let mut found = Vec::new();
    walk(directory, "", &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<StageFile>) -> io::Result<()> {
    // A service may delete files while they are being listed.
    let Some(entries) = none_if_missing(fs_err::read_dir(directory))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let Some(metadata) = none_if_missing(fs_err::symlink_metadata(entry.path()))? else {
            continue;
        };
        if metadata.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if metadata.is_file() {
            let modified = metadata.modified()?;
            found.push(StageFile { path, file: entry.path(), size: metadata.len(), modified });
        }
    }
    Ok(())
}

/// Turns a "not found" error into `None`.
pub fn none_if_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_links_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs_err::write(outside.path().join("secret"), "x").unwrap();
        let stages = tempfile::tempdir().unwrap();
        let stage = stages.path().join("D/S");
        fs_err::create_dir_all(&stage).unwrap();
        fs_err::write(stage.join("plain"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), stage.join("d")).unwrap();
        std::os::unix::fs::symlink(".", stage.join("loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", stage.join("dangling")).unwrap();
        for path in
            ["D/S/d", "D/S/d/secret", "D/S/loop/plain", "D/S/dangling", "D/S/../../x", "D/new/../S"]
        {
            let error = locate(stages.path(), path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{path}");
        }
        assert_eq!(locate(stages.path(), "D/S/plain").unwrap(), stage.join("plain"));
        assert_eq!(locate(stages.path(), "D/S/new/a").unwrap(), stage.join("new/a"));
        let listed: Vec<_> = files(&stage).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(listed, ["plain"]);
    }
}
