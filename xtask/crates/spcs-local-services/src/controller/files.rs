//! A service's files in the state directory: session tokens and keys of the ingress, logs of
//! previous runs, and the ownership of its stages.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use spcs_local_files::stages;
use spcs_local_spec::Container;

use super::ControllerDirs;
use super::names::slug;
use crate::service::Deployment;

fn service_dir(dirs: &ControllerDirs, key: &str) -> PathBuf {
    dirs.services.join(slug(key))
}

fn instance_dir(dirs: &ControllerDirs, key: &str, instance: u32) -> PathBuf {
    service_dir(dirs, key).join(instance.to_string())
}

/// Writes the token and the ingress's key, and returns the directory to mount. Containers mount the
/// directory and not the files, so that those of a running container can be replaced. The parent
/// directories are closed to other users of this machine; the files' own mode is the
/// specification's.
pub(super) fn write_session(
    dirs: &ControllerDirs,
    instance: u32,
    container: &Container,
    deployment: &Deployment,
) -> io::Result<PathBuf> {
    let parent = instance_dir(dirs, &deployment.key, instance);
    prepare(dirs)?;
    let directory = parent.join(format!("{}.session", container.name));
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(&directory)?;
    let mode = container.token.mode;
    replace(&directory.join("token"), &deployment.session_tokens.issue(), mode)?;
    replace_if_changed(&directory.join("ingress_key"), &deployment.ingress_key, mode)?;
    directory.canonicalize()
}

/// Writes the resolver configuration for a service's containers. Returns the file.
pub(super) fn write_resolver_configuration(
    dirs: &ControllerDirs,
    key: &str,
    resolver: Ipv4Addr,
) -> io::Result<PathBuf> {
    let directory = service_dir(dirs, key);
    prepare(dirs)?;
    fs_err::create_dir_all(&directory)?;
    let path = directory.join("resolv.conf");
    // Running containers mount the file, not its path: they see no replacement.
    replace_if_changed(&path, &format!("nameserver {resolver}\n"), 0o644)?;
    path.canonicalize()
}

/// Creates the directory of all services, closed to other users of this machine.
fn prepare(dirs: &ControllerDirs) -> io::Result<()> {
    fs_err::create_dir_all(&dirs.services)?;
    fs_err::set_permissions(&dirs.services, std::fs::Permissions::from_mode(0o700))
}

fn replace_if_changed(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if fs_err::read_to_string(path).is_ok_and(|current| current == text) {
        return Ok(());
    }
    replace(path, text, mode)
}

/// Replaces a file in one step.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let temporary = path.with_extension(uuid::Uuid::new_v4().to_string());
    let mut file =
        fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    fs_err::rename(&temporary, path)
}

/// Removes an instance's tokens. Logs of its previous runs stay until the service is removed.
pub(super) fn remove_tokens(dirs: &ControllerDirs, key: &str, instance: u32) {
    let Ok(entries) = fs_err::read_dir(instance_dir(dirs, key, instance)) else { return };
    for entry in entries.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "session") {
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

/// Removes all files of a service.
pub(super) fn remove_service(dirs: &ControllerDirs, key: &str) {
    let directory = service_dir(dirs, key);
    if let Err(error) = fs_err::remove_dir_all(&directory)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, directory = %directory.display(), "cannot remove the directory");
    }
}

fn log_path(dirs: &ControllerDirs, key: &str, instance: u32, container: &str) -> PathBuf {
    instance_dir(dirs, key, instance).join(format!("{container}.previous.log"))
}

/// Saves the log of a container. Each line starts with a timestamp.
pub(super) fn save_log(
    dirs: &ControllerDirs,
    key: &str,
    instance: u32,
    container: &str,
    text: &str,
) -> io::Result<()> {
    fs_err::create_dir_all(instance_dir(dirs, key, instance))?;
    fs_err::write(log_path(dirs, key, instance, container), text)
}

/// The last log lines of the container's previous run.
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

/// The last `most` bytes of a text at most, cut at a line start.
pub(super) fn last_bytes(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let cut = text.as_bytes()[text.len() - most..].iter().position(|byte| *byte == b'\n');
    let start = text.len() - most + cut.map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().to_owned()
}

/// Who owns the files of a mounted stage.
#[derive(Debug, Clone, Copy)]
pub(super) enum StageOwner {
    /// The platform's own user.
    Platform,
    /// The user and group of the volume.
    User(u32, u32),
    /// Everyone may write; the state directory keeps other users of this machine out.
    Everyone,
}

/// A stage's directory, after checking that its path contains no links.
pub(super) fn stage_directory(dirs: &ControllerDirs, directory: &Path) -> io::Result<PathBuf> {
    let relative = directory.strip_prefix(&dirs.stages).ok().and_then(Path::to_str);
    let relative = relative.ok_or_else(|| {
        io::Error::other(format!("`{}` is not below the stages directory", directory.display()))
    })?;
    stages::locate(&dirs.stages, relative)
}

/// Creates a stage's directory and makes it writable for the owner. Without the privilege to change
/// the owner, makes it writable for everyone.
pub(super) fn prepare_stage(
    dirs: &ControllerDirs,
    directory: &Path,
    owner: StageOwner,
) -> io::Result<()> {
    let directory = stage_directory(dirs, directory)?;
    fs_err::create_dir_all(&directory)?;
    match owner {
        StageOwner::Platform => Ok(()),
        StageOwner::User(..) | StageOwner::Everyone => set_owner(&directory, owner),
    }
}

fn set_owner(path: &Path, owner: StageOwner) -> io::Result<()> {
    let metadata = fs_err::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let changed = match owner {
        StageOwner::User(uid, gid) => std::os::unix::fs::lchown(path, Some(uid), Some(gid)).is_ok(),
        StageOwner::Platform | StageOwner::Everyone => false,
    };
    if !changed {
        let open = if metadata.is_dir() { 0o777 } else { 0o666 };
        // The platform cannot change the mode of files that a container's user owns.
        match fs_err::set_permissions(path, std::fs::Permissions::from_mode(open)) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    if metadata.is_dir() {
        for entry in fs_err::read_dir(path)? {
            set_owner(&entry?.path(), owner)?;
        }
    }
    Ok(())
}
