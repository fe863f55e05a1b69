//! What running builds have in the engine. An ended podman build leaves working containers, and its
//! RUN process may go on. Each build has an id, which podman keeps in the state of every container
//! that the build makes, and a folder of that name for temporary files, which podman mounts into
//! RUN processes. The folder is locked for as long as this process lives, so the next one knows
//! which builds of this checkout have ended, however they ended. Docker's daemon removes what the
//! build of a killed client has made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::processes;
use crate::child;
use crate::engine::{self, Engine, EngineChoice, EngineKind};

/// The build argument with the build's id. No Dockerfile uses it, so it changes no layer.
pub(super) const ARGUMENT: &str = "SPCS_BUILD";

/// The file in a build's folder with the kind of its engine.
const ENGINE: &str = "engine";

/// The running builds of this process: engine and folder.
static RUNNING: Mutex<Vec<(Engine, PathBuf)>> = Mutex::new(Vec::new());

/// A running build of this checkout.
pub(super) struct Working {
    pub(super) id: String,
    pub(super) folder: PathBuf,
    _lock: fs_err::File,
}

/// Registers a new build.
pub(super) fn begin(engine: &Engine, work_dir: &Path) -> io::Result<Working> {
    let _all = lock_all(work_dir)?;
    let id = uuid::Uuid::new_v4().simple().to_string();
    let folder = std::path::absolute(work_dir.join("builds").join(&id))?;
    fs_err::create_dir(&folder)?;
    let lock = fs_err::File::open(&folder)?;
    lock.lock()?;
    fs_err::write(folder.join(ENGINE), engine.kind.program())?;
    running().push((engine.clone(), folder.clone()));
    Ok(Working { id, folder, _lock: lock })
}

impl Working {
    /// Removes what is left after the engine has exited. Without an error, podman has removed its
    /// containers itself.
    pub(super) fn end(self, engine: &Engine) {
        remove(engine, &self.folder);
        running().retain(|(_, folder)| *folder != self.folder);
    }
}

/// Removes what ended builds of this checkout have left.
pub fn remove_ended(work_dir: &Path) -> io::Result<()> {
    if !work_dir.join("builds").exists() {
        return Ok(());
    }
    let _all = lock_all(work_dir)?;
    for entry in fs_err::read_dir(work_dir.join("builds"))? {
        let folder = std::path::absolute(entry?.path())?;
        let Ok(lock) = fs_err::File::open(&folder) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let choice = match fs_err::read_to_string(folder.join(ENGINE)).as_deref() {
            Ok("podman") => EngineChoice::Podman,
            Ok("docker") => EngineChoice::Docker,
            // The process was killed before it started the engine.
            _ => {
                fs_err::remove_dir_all(&folder)?;
                continue;
            }
        };
        match engine::detect(choice, work_dir) {
            Ok(engine) => remove(&engine, &folder),
            Err(error) => tracing::warn!(%error, "an ended build's containers remain"),
        }
    }
    Ok(())
}

/// Removes what the builds of this process have in the engine, before this program exits. The
/// processes of the builds must have been ended.
pub fn remove_running() {
    let builds = running().clone();
    for (engine, folder) in builds {
        remove(&engine, &folder);
    }
}

/// Removes the warning that no Dockerfile uses the build's id from a line of the engine's output.
/// `None` if nothing remains of the line.
pub(super) fn without_own_argument(line: &str) -> Option<Cow<'_, str>> {
    if !line.starts_with("[Warning] one or more build args were not consumed") {
        return Some(line.into());
    }
    let (warning, names) = line.rsplit_once('[')?;
    let names = names.trim_end().trim_end_matches(']').split(' ');
    let names: Vec<_> = names.filter(|name| *name != ARGUMENT).collect();
    (!names.is_empty()).then(|| format!("{warning}[{}]\n", names.join(" ")).into())
}

/// This lock covers the time between creating a build's folder and locking it.
fn lock_all(work_dir: &Path) -> io::Result<fs_err::File> {
    fs_err::create_dir_all(work_dir.join("builds"))?;
    let all = fs_err::File::create(work_dir.join("builds.lock"))?;
    all.lock()?;
    Ok(all)
}

/// Removes the processes, containers and files of a build. Keeps the folder, for the next attempt,
/// if containers remain.
fn remove(engine: &Engine, folder: &Path) {
    let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    processes::kill(&format!("{ARGUMENT}={id}"), &id);
    if let (EngineKind::Podman, Some(store)) = (engine.kind, &engine.store) {
        processes::forget(folder);
        let containers = containers(store, &id);
        if !containers.is_empty() {
            let mut args = vec!["rm".to_owned(), "--force".to_owned()];
            args.extend(containers);
            let removed = child::output(&engine.command(args)).is_ok_and(|it| it.status.success());
            tracing::debug!(id, removed, "an ended build had left containers");
            if !removed {
                return;
            }
        }
    }
    if let Err(error) = fs_err::remove_dir_all(folder) {
        tracing::debug!(%error, "could not remove the files of a build");
    }
}

/// The state that podman keeps of a working container.
#[derive(Deserialize)]
struct State {
    #[serde(rename = "Args")]
    args: Option<BTreeMap<String, String>>,
    #[serde(rename = "container-id")]
    container: String,
}

/// The engine's containers with this build's id.
fn containers(store: &Path, id: &str) -> Vec<String> {
    let drivers = fs_err::read_dir(store).into_iter().flatten().flatten();
    let drivers = drivers.filter(|it| it.file_name().to_string_lossy().ends_with("-containers"));
    let folders =
        drivers.flat_map(|it| fs_err::read_dir(it.path()).into_iter().flatten().flatten());
    let state = |folder: fs_err::DirEntry| {
        let text = fs_err::read(folder.path().join("userdata/buildah.json")).ok()?;
        let state: State = serde_json::from_slice(&text).ok()?;
        (state.args?.get(ARGUMENT)? == id).then_some(state.container)
    };
    folders.filter_map(state).collect()
}

fn running() -> MutexGuard<'static, Vec<(Engine, PathBuf)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_containers_with_the_builds_id_are_found() {
        let store = tempfile::tempdir().unwrap();
        let container = |name: &str, args: &str| {
            let folder = store.path().join("overlay-containers").join(name).join("userdata");
            fs_err::create_dir_all(&folder).unwrap();
            let state = format!(r#"{{"Args":{args},"container-id":"{name}","image":"x"}}"#);
            fs_err::write(folder.join("buildah.json"), state).unwrap();
        };
        container("own", r#"{"SPCS_BUILD":"one"}"#);
        container("other", r#"{"SPCS_BUILD":"two"}"#);
        container("foreign", r#"{"BASE":"one"}"#);
        container("bare", "null");
        assert_eq!(containers(store.path(), "one"), ["own"]);
        assert!(containers(&store.path().join("missing"), "one").is_empty());
    }

    #[test]
    fn the_warning_about_the_builds_id_is_not_shown_and_one_about_other_arguments_is() {
        let warning =
            |names| format!("[Warning] one or more build args were not consumed: [{names}]\n");
        assert_eq!(without_own_argument(&warning("SPCS_BUILD")), None);
        let both = warning("BASE SPCS_BUILD");
        assert_eq!(without_own_argument(&both).as_deref(), Some(warning("BASE").as_str()));
        assert_eq!(
            without_own_argument("STEP 1: [SPCS_BUILD]\n").unwrap(),
            "STEP 1: [SPCS_BUILD]\n"
        );
    }
}
