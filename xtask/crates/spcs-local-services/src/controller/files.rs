//! Files of a service in the state directory: its session token and logs of previous runs.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use spcs_local_files::stages;

use super::ControllerDirs;
use super::names::slug;

fn service_dir(dirs: &ControllerDirs, key: &str) -> PathBuf {
    dirs.services.join(slug(key))
}

fn instance_dir(dirs: &ControllerDirs, key: &str, instance: u32) -> PathBuf {
    service_dir(dirs, key).join(instance.to_string())
}

/// Writes the token and returns the directory to mount. The directory is what is mounted, so that
/// a new token can take the place of the old one in a running container. The directories above it
/// are closed to other users of this machine; what is inside follows the specification.
pub(super) fn write_token(
    dirs: &ControllerDirs,
    key: &str,
    instance: u32,
    container: &str,
    token: &str,
    mode: u32,
) -> io::Result<PathBuf> {
    let parent = instance_dir(dirs, key, instance);
    fs_err::create_dir_all(&dirs.services)?;
    fs_err::set_permissions(&dirs.services, std::fs::Permissions::from_mode(0o700))?;
    let directory = parent.join(format!("{container}.session"));
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(&directory)?;
    let path = directory.join("token");
    if fs_err::read_to_string(&path).is_ok_and(|present| present == token) {
        return directory.canonicalize();
    }
    let fresh = directory.join(format!(".token.{}", uuid::Uuid::new_v4()));
    let mut file =
        fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(token.as_bytes())?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    fs_err::rename(&fresh, &path)?;
    directory.canonicalize()
}

/// Removes an instance's tokens; logs of its previous runs stay until the service goes.
pub(super) fn remove_tokens(dirs: &ControllerDirs, key: &str, instance: u32) {
    let Ok(entries) = fs_err::read_dir(instance_dir(dirs, key, instance)) else { return };
    for entry in entries.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "session") {
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

/// Removes everything of a service.
pub(super) fn remove_service(dirs: &ControllerDirs, key: &str) {
    let directory = service_dir(dirs, key);
    if let Err(error) = fs_err::remove_dir_all(&directory)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, directory = %directory.display(), "cannot remove");
    }
}

fn log_path(dirs: &ControllerDirs, key: &str, instance: u32, container: &str) -> PathBuf {
    instance_dir(dirs, key, instance).join(format!("{container}.previous.log"))
}

/// Keeps what a container has written, each line with its time.
pub(super) fn keep_log(
    dirs: &ControllerDirs,
    key: &str,
    instance: u32,
    container: &str,
    text: &str,
) -> io::Result<()> {
    fs_err::create_dir_all(instance_dir(dirs, key, instance))?;
    fs_err::write(log_path(dirs, key, instance, container), text)
}

/// The last lines of the run before the present one.
pub(super) fn previous_log(
    dirs: &ControllerDirs,
    key: &str,
    instance: u32,
    container: &str,
    lines: usize,
    timestamps: bool,
) -> Option<String> {
    let text = fs_err::read(log_path(dirs, key, instance, container)).ok()?;
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    let last = &all[all.len().saturating_sub(lines)..];
    let shown = last.iter().map(|line| match line.split_once(' ') {
        Some((_, rest)) if !timestamps => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    Some(shown.collect())
}

/// The end of a text, cut at the start of a line.
pub(super) fn last_bytes(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let cut = text.as_bytes()[text.len() - most..].iter().position(|byte| *byte == b'\n');
    let start = text.len() - most + cut.map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().to_owned()
}

/// Whom the files of a stage are given to.
#[derive(Debug, Clone, Copy)]
pub(super) enum StageOwner {
    /// Nobody else.
    Platform,
    /// The user and group that a volume names.
    User(u32, u32),
    /// Whoever gets there; the state directory around the stages is closed.
    Anybody,
}

/// Where a stage's directory lies, after a look at what lies on the way.
pub(super) fn stage_directory(dirs: &ControllerDirs, directory: &Path) -> io::Result<PathBuf> {
    let relative = directory.strip_prefix(&dirs.stages).ok().and_then(Path::to_str);
    let relative = relative.ok_or_else(|| {
        io::Error::other(format!("`{}` is not in the directory of the stages", directory.display()))
    })?;
    stages::locate(&dirs.stages, relative)
}

/// Makes a stage's directory, writable for the owner. A platform that may not give files away
/// opens them to everyone instead.
pub(super) fn prepare_stage(
    dirs: &ControllerDirs,
    directory: &Path,
    owner: StageOwner,
) -> io::Result<()> {
    let directory = stage_directory(dirs, directory)?;
    fs_err::create_dir_all(&directory)?;
    match owner {
        StageOwner::Platform => Ok(()),
        StageOwner::User(..) | StageOwner::Anybody => own(&directory, owner),
    }
}

fn own(path: &Path, owner: StageOwner) -> io::Result<()> {
    let metadata = fs_err::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let given = match owner {
        StageOwner::User(uid, gid) => std::os::unix::fs::lchown(path, Some(uid), Some(gid)).is_ok(),
        StageOwner::Platform | StageOwner::Anybody => false,
    };
    if !given {
        let open = if metadata.is_dir() { 0o777 } else { 0o666 };
        // What belongs to a user of the containers is theirs to open.
        match fs_err::set_permissions(path, std::fs::Permissions::from_mode(open)) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    if metadata.is_dir() {
        for entry in fs_err::read_dir(path)? {
            own(&entry?.path(), owner)?;
        }
    }
    Ok(())
}
