//! Saves an image from the engine's store as a layout, and removes leftovers of earlier builds.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::error::{self, BuildError};
use super::{BuildRequest, quiet};
use crate::child;
use crate::engine::{Engine, EngineKind};
use crate::layout::{self, LayoutError};

/// The prefix of the temporary directory into which an engine saves an image.
const TEMPORARY_PREFIX: &str = ".save-";

/// Saves the built image as a layout; returns the digest of its manifest.
pub(super) fn save(engine: &Engine, request: &BuildRequest) -> Result<String, BuildError> {
    let files = |source| error::files(&request.work_dir, source);
    let (_lock, folder) = temporary_dir(&request.work_dir).map_err(files)?;
    let tar = folder.path().join("image.tar");
    let mut args = vec!["save".into()];
    if engine.kind == EngineKind::Podman {
        args.extend(["--quiet", "--format", "docker-archive"].map(OsString::from));
    }
    args.extend(["--output".into(), tar.clone().into(), request.tag().into()]);
    quiet(request, "save what was built", &engine.command(args))?;
    match layout::from_docker_archive(&tar, &request.work_dir, &request.layout_dir()) {
        Ok(layout) => Ok(layout.digest),
        Err(LayoutError::Io(source)) => Err(files(source)),
        Err(source) => Err(BuildError::Layout(source)),
    }
}

/// Creates a temporary directory and the lock that marks it as in use. Unlocked directories are
/// leftovers of killed processes and are removed.
fn temporary_dir(work_dir: &Path) -> io::Result<(fs_err::File, tempfile::TempDir)> {
    fs_err::create_dir_all(work_dir)?;
    // This lock covers the time between creating a directory and locking it.
    let all = fs_err::File::create(work_dir.join("save.lock"))?;
    all.lock()?;
    for entry in fs_err::read_dir(work_dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX)
            && fs_err::File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
            && let Err(error) = fs_err::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, "could not remove what a killed process left");
        }
    }
    let folder = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempdir_in(work_dir)?;
    let lock = fs_err::File::open(folder.path())?;
    lock.lock()?;
    Ok((lock, folder))
}

/// Removes an image that a newer build has replaced, unless it has another name or a container uses
/// it. A failure is ignored: a leftover image only takes up space.
pub(super) fn remove_replaced(engine: &Engine, image_id: &str) {
    let names = "{{len .RepoTags}} {{len .RepoDigests}}";
    let inspected =
        child::output(&engine.command(["image", "inspect", "--format", names, image_id]));
    let unnamed = inspected.is_ok_and(|output| output.stdout.trim_ascii() == b"0 0");
    if unnamed && let Ok(output) = child::output(&engine.command(["image", "rm", image_id])) {
        tracing::debug!(image_id, removed = output.status.success(), "the image was replaced");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_left_by_a_killed_process_is_removed_and_one_in_use_is_kept() {
        let work = tempfile::tempdir().unwrap();
        let killed = work.path().join(".save-killed");
        fs_err::create_dir(&killed).unwrap();
        fs_err::write(killed.join("image.tar"), "gigabytes").unwrap();
        let (_one, first) = temporary_dir(work.path()).unwrap();
        assert!(!killed.exists());
        let (_other, second) = temporary_dir(work.path()).unwrap();
        assert!(first.path().exists() && second.path().exists());
    }
}
