//! Bootstraps a Debian base image from packages, for machines that can reach a Debian mirror but no
//! registry. The image contains the host's mirror, CA bundle, pip settings and apt proxy, so that
//! the Dockerfiles work unchanged.

use std::io;
use std::path::{Path, PathBuf};

use duct::cmd;
use serde::Serialize;

use super::base::has;
use super::host::{self, Host};
use super::run;
use crate::child;
use crate::digest;
use crate::engine::Engine;
use crate::progress::Progress;

/// Increase this when a change in this file changes the image.
const VERSION: u32 = 1;

/// The Debian archive keys on a machine whose apt does not trust them, such as Ubuntu. The package
/// `debian-archive-keyring` installs them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The prefix of the temporary directory of a bootstrap.
const TEMPORARY_PREFIX: &str = ".fresh-";

/// Documentation and translations, which containers do not need.
const EXCLUDED: [&str; 5] = [
    "/usr/share/man/*",
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
];

/// Everything that determines the content of the base image, except for the state of the mirror.
#[derive(Serialize)]
pub(super) struct Recipe {
    version: u32,
    suite: String,
    host: Host,
}

impl Recipe {
    /// The recipe for a reference to a Debian image, such as `debian:bookworm-slim`.
    pub(super) fn for_reference(reference: &str) -> Option<Recipe> {
        let suite = debian_suite(reference)?;
        let host = host::read(&suite);
        Some(Recipe { version: VERSION, suite, host })
    }

    /// A short hash that identifies the resulting image.
    pub(super) fn hash(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        digest::of(&text)["sha256:".len()..][..16].to_owned()
    }

    /// Bootstraps the image and imports it into the engine. The error is a message for the user.
    pub(super) fn make(
        &self,
        engine: &Engine,
        work_dir: &Path,
        log: &Path,
        progress: &dyn Progress,
    ) -> Result<(), String> {
        let image = format!("localhost/spcs-base:{}", self.hash());
        let message = |error: io::Error| error.to_string();
        let folder = work_dir.join("base");
        fs_err::create_dir_all(&folder).map_err(message)?;
        // Two builds may need the image at the same time; the second one finds it finished.
        let lock = fs_err::File::create(folder.join("lock")).map_err(message)?;
        lock.lock().map_err(message)?;
        if has(engine, &image) {
            return Ok(());
        }
        let rootfs = folder.join(format!("{}.tar", self.hash()));
        remove_leftovers(&folder, &rootfs).map_err(message)?;
        if !rootfs.exists() {
            // A new directory, because a process of an earlier run may still write to its own.
            let fresh = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempdir_in(&folder);
            let fresh = fresh.map_err(message)?;
            let tar = fresh.path().join("base.tar");
            self.bootstrap(fresh.path(), &tar, log, progress)?;
            fs_err::rename(&tar, &rootfs).map_err(message)?;
        }
        let import = engine.command([
            "import".as_ref(),
            "--change".as_ref(),
            r#"CMD ["/bin/bash"]"#.as_ref(),
            rootfs.as_os_str(),
            image.as_ref(),
        ]);
        let import_log = log.with_file_name("build-base-import.log");
        let ran = run::logged(&import, "base", &import_log, progress).map_err(message)?;
        if !ran.ok {
            return Err(format!("the engine does not import it: {}", ran.reason("Error")));
        }
        // The engine has its own copy now.
        fs_err::remove_file(&rootfs).map_err(message)
    }

    fn bootstrap(
        &self,
        folder: &Path,
        target: &Path,
        log: &Path,
        progress: &dyn Progress,
    ) -> Result<(), String> {
        let mut args = vec![
            "--variant=minbase".to_owned(),
            "--include=ca-certificates".to_owned(),
            "--architectures=amd64".to_owned(),
            "--format=tar".to_owned(),
        ];
        args.extend(EXCLUDED.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
        args.push("--dpkgopt=path-include=/usr/share/doc/*/copyright".to_owned());
        args.extend(self.host.apt_options.iter().map(|option| format!("--aptopt={option}")));
        // `--keyring` replaces apt's trusted keys, including any that the machine's owner has
        // added. Pass it only if apt does not trust Debian's keys, as on Ubuntu.
        if Path::new(KEYRING).exists() && !host::trusts_debian() {
            args.push(format!("--keyring={KEYRING}"));
        }
        let mut upload = |name: &str, text: &Option<String>, place: &str| -> io::Result<()> {
            let Some(text) = text else { return Ok(()) };
            let file = std::path::absolute(folder)?.join(name);
            fs_err::write(&file, text)?;
            args.push(format!("--customize-hook=upload {} {place}", quoted(&file)));
            Ok(())
        };
        upload("ca-certificates.crt", &self.host.ca_bundle, host::CA_BUNDLE)
            .and_then(|()| upload("pip.conf", &self.host.pip_conf, "/etc/pip.conf"))
            .map_err(|error| error.to_string())?;
        args.extend([self.suite.clone(), target.display().to_string()]);
        args.extend(self.host.apt_sources.iter().cloned());
        // A fixed time makes the bootstrap reproducible.
        let call = cmd("mmdebstrap", args).stdin_null().env("SOURCE_DATE_EPOCH", "1700000000");
        match run::logged(&child::own_process_group(&call), "base", log, progress) {
            Ok(ran) if ran.ok => Ok(()),
            Ok(ran) => Err(ran.reason("E:")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err("mmdebstrap is not installed".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Removes leftovers of killed runs and older recipes. The caller holds the directory's lock.
fn remove_leftovers(folder: &Path, wanted: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let fresh = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX));
        if fresh && path.is_dir() {
            fs_err::remove_dir_all(path)?;
        } else if path.extension().is_some_and(|extension| extension == "tar") && path != wanted {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}

/// Quotes a path for an mmdebstrap hook, which a shell runs.
fn quoted(path: &Path) -> String {
    let path: PathBuf = path.into();
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The suite of a Debian image; `None` for other images and moving tags (`latest`).
fn debian_suite(reference: &str) -> Option<String> {
    let name = reference.rsplit('/').next()?;
    let (image, tag) = name.split('@').next()?.split_once(':')?;
    let suite = tag.split('-').next()?;
    let named = suite.len() > 2 && suite.bytes().all(|byte| byte.is_ascii_lowercase());
    (image == "debian" && named && suite != "latest" && suite != "unstable")
        .then(|| suite.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_killed_runs_and_older_recipes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs_err::create_dir(file(".fresh-x")).unwrap();
        for name in [".fresh-x/base.tar", "old.tar", "new.tar", "lock"] {
            fs_err::write(file(name), "").unwrap();
        }
        remove_leftovers(folder.path(), &file("new.tar")).unwrap();
        let left = |name| file(name).exists();
        assert!(left("new.tar") && left("lock"));
        assert!(!left("old.tar") && !left(".fresh-x"));
    }

    #[test]
    fn only_a_named_debian_suite_can_be_bootstrapped() {
        let suite = |reference| debian_suite(reference);
        assert_eq!(suite("docker.io/library/debian:bookworm-slim").as_deref(), Some("bookworm"));
        assert_eq!(suite("debian:trixie").as_deref(), Some("trixie"));
        assert_eq!(suite("debian:latest"), None);
        assert_eq!(suite("debian"), None);
        assert_eq!(suite("milvusdb/milvus:v2.3.5"), None);
        assert_eq!(suite("python:bookworm"), None);
    }
}
