//! The directory of all stages.
//!
//! Services write below it through their volumes, and what they leave there may be a link to
//! anywhere on this machine. The platform may go where they may not, so it follows none.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where uploads lie until they are complete, and dropped stages until they are gone. It is
/// emptied at each start; no database has such a name.
pub const ASIDE: &str = ".aside";

/// Where `relative`, with `/` between its parts, lies below the directory of all stages; whether
/// it is there or not. A step up, and anything on the way that is neither a directory nor a plain
/// file, is an error.
pub fn locate(stages: &Path, relative: &str) -> io::Result<PathBuf> {
    let mut path = stages.to_owned();
    let mut missing = false;
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        if matches!(part, "." | "..") {
            let message = format!("`{relative}` does not lead straight down");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        path.push(part);
        // Below what is not there lies nothing to follow.
        if missing {
            continue;
        }
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing = true,
            Err(error) => return Err(error),
            Ok(metadata) if metadata.is_dir() || metadata.is_file() => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("`{relative}` leads through `{part}`, which is a link or a device"),
                ));
            }
        }
    }
    Ok(path)
}

/// Moves a stage's directory out of the way, if it is there; gives the place where it lies then.
pub fn detach(stages: &Path, stage: &str) -> io::Result<Option<PathBuf>> {
    let aside = aside(stages);
    unless_gone(fs_err::rename(stages.join(stage), &aside)).map(|found| found.map(|()| aside))
}

/// A new name for something that is only passing through.
pub fn aside(stages: &Path) -> PathBuf {
    stages.join(ASIDE).join(uuid::Uuid::new_v4().simple().to_string())
}

/// A plain file below a directory.
pub struct StageFile {
    /// Below that directory, with `/` between its parts.
    pub path: String,
    /// Its own path.
    pub file: PathBuf,
    /// In bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// All plain files below a directory, by their paths.
pub fn files(directory: &Path) -> io::Result<Vec<StageFile>> {
    let mut found = Vec::new();
    walk(directory, "", &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<StageFile>) -> io::Result<()> {
    // A service may remove at any time what was seen a moment ago.
    let Some(entries) = unless_gone(fs_err::read_dir(directory))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let Some(metadata) = unless_gone(fs_err::symlink_metadata(entry.path()))? else { continue };
        if metadata.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if metadata.is_file() {
            let modified = metadata.modified()?;
            found.push(StageFile { path, file: entry.path(), size: metadata.len(), modified });
        }
    }
    Ok(())
}

/// `None` where what was to be read or removed is not there any more.
pub fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_reached_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let stages = tempfile::tempdir().unwrap();
        let stage = stages.path().join("D/S");
        std::fs::create_dir_all(&stage).unwrap();
        std::fs::write(stage.join("plain"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), stage.join("d")).unwrap();
        std::os::unix::fs::symlink(".", stage.join("loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", stage.join("dangling")).unwrap();
        for path in
            ["D/S/d", "D/S/d/secret", "D/S/loop/plain", "D/S/dangling", "D/S/../../x", "D/new/../S"]
        {
            let refused = locate(stages.path(), path).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied, "{path}");
        }
        assert_eq!(locate(stages.path(), "D/S/plain").unwrap(), stage.join("plain"));
        assert_eq!(locate(stages.path(), "D/S/new/a").unwrap(), stage.join("new/a"));
        let listed: Vec<_> = files(&stage).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(listed, ["plain"]);
    }
}
