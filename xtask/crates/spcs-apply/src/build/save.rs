//! Saves an image from the engine's store as a layout, and removes what earlier builds left.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::error::{self, BuildError};
use super::{BuildRequest, quiet};
use crate::child;
use crate::engine::{Engine, EngineKind};
use crate::layout::{self, LayoutError};

/// The prefix of the folder into which an engine saves an image.
const PREFIX: &str = ".save-";

/// Saves the built image as a layout; returns the digest of its manifest.
pub(super) fn save(engine: &Engine, request: &BuildRequest) -> Result<String, BuildError> {
    let files = |source| error::files(&request.work_dir, source);
    let (_mine, folder) = folder(&request.work_dir).map_err(files)?;
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

/// A new folder, which is removed when its guard is dropped, and the lock that marks it as in use.
/// Folders without a lock were left by killed processes and are removed.
fn folder(work_dir: &Path) -> io::Result<(fs_err::File, tempfile::TempDir)> {
    fs_err::create_dir_all(work_dir)?;
    // This lock covers the moment between creating a folder and locking it.
    let all = fs_err::File::create(work_dir.join("save.lock"))?;
    all.lock()?;
    for entry in fs_err::read_dir(work_dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs_err::File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
            && let Err(error) = fs_err::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, "could not remove what a killed process left");
        }
    }
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(work_dir)?;
    let mine = fs_err::File::open(folder.path())?;
    mine.lock()?;
    Ok((mine, folder))
}

/// Removes an image that a newer build has replaced, unless it has another name or a container uses
/// it. If it cannot be removed it stays: it only takes space.
pub(super) fn remove_replaced(engine: &Engine, image_id: &str) {
    let names = "{{len .RepoTags}} {{len .RepoDigests}}";
    let look = child::output(&engine.command(["image", "inspect", "--format", names, image_id]));
    let nameless = look.is_ok_and(|said| said.stdout.trim_ascii() == b"0 0");
    if nameless && let Ok(said) = child::output(&engine.command(["image", "rm", image_id])) {
        tracing::debug!(image_id, removed = said.status.success(), "the image was replaced");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_killed_process_is_removed_and_one_in_use_stays() {
        let work = tempfile::tempdir().unwrap();
        let killed = work.path().join(".save-killed");
        fs_err::create_dir(&killed).unwrap();
        fs_err::write(killed.join("image.tar"), "gigabytes").unwrap();
        let (_one, first) = folder(work.path()).unwrap();
        assert!(!killed.exists());
        let (_other, second) = folder(work.path()).unwrap();
        assert!(first.path().exists() && second.path().exists());
    }
}
