//! A service's files in the state directory: session tokens and keys of the ingress, and logs of
//! previous runs.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use spcs_local_files::{Id, durable};
use spcs_local_spec::Container;

use super::ControllerDirs;
use crate::service::Deployment;

fn service_dir(dirs: &ControllerDirs, key: &str) -> PathBuf {
    dirs.services.join(key)
}

/// Creates the directory of a service. It is there as long as the engine may have something of the
/// service.
pub(super) fn create_service(dirs: &ControllerDirs, key: &str) -> io::Result<()> {
    durable::create_directory(&service_dir(dirs, key))
}

impl ControllerDirs {
    /// The keys of the services that the engine may have something of.
    pub fn keys(&self) -> io::Result<Vec<String>> {
        let entries = match fs_err::read_dir(&self.services) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let name = entry?.file_name().into_string().ok();
            keys.extend(name.filter(|name| {
                let ids = name.split_once('.');
                ids.is_some_and(|(schema, service)| {
                    Id::parse(schema).is_some() && Id::parse(service).is_some()
                })
            }));
        }
        Ok(keys)
    }
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
    durable::create_directory(&parent)?;
    let directory = parent.join(format!("{}.session", container.name));
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(&directory)?;
    // Containers of any user read the token, whatever the platform's umask is.
    fs_err::set_permissions(&directory, std::fs::Permissions::from_mode(0o755))?;
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
    durable::create_directory(&directory)?;
    let path = directory.join("resolv.conf");
    // Running containers mount the file, not its path: they see no replacement.
    replace_if_changed(&path, &format!("nameserver {resolver}\n"), 0o644)?;
    path.canonicalize()
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

/// Removes all files of a service. Its directory is the last thing of it.
pub(super) fn remove_service(dirs: &ControllerDirs, key: &str) -> io::Result<()> {
    match fs_err::remove_dir_all(service_dir(dirs, key)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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
    durable::create_directory(&instance_dir(dirs, key, instance))?;
    let path = log_path(dirs, key, instance, container);
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
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
