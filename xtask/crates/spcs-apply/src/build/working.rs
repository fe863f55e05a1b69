//! Working containers of podman builds. An ended build leaves them in the engine's store. Each
//! build passes its id as a build argument, which podman keeps in the state of every container that
//! the build makes. The build holds a lock for as long as its process lives, so the next one knows
//! which builds of this checkout have ended, however they ended.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::child;
use crate::engine::{Engine, EngineKind};

/// The build argument with the build's id. No Dockerfile uses it, so it changes no layer.
pub(super) const ARGUMENT: &str = "SPCS_BUILD";

/// A running build of this checkout. Dropping it ends it.
pub(super) struct Working {
    pub(super) id: String,
    _lock: fs_err::File,
    file: std::path::PathBuf,
}

/// The state that podman keeps of a working container.
#[derive(Deserialize)]
struct State {
    #[serde(rename = "Args")]
    args: Option<BTreeMap<String, String>>,
    #[serde(rename = "container-id")]
    container: String,
}

/// Removes what ended builds of this checkout have left, and registers a new build.
pub(super) fn begin(engine: &Engine, work_dir: &Path) -> io::Result<Working> {
    let folder = work_dir.join("builds");
    fs_err::create_dir_all(&folder)?;
    // This lock covers the time between creating a build's file and locking it.
    let all = fs_err::File::create(work_dir.join("builds.lock"))?;
    all.lock()?;
    for entry in fs_err::read_dir(&folder)? {
        let entry = entry?;
        let ended = fs_err::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if ended && remove(engine, &entry.file_name().to_string_lossy()) {
            fs_err::remove_file(entry.path())?;
        }
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let file = folder.join(&id);
    let lock = fs_err::File::create(&file)?;
    lock.lock()?;
    Ok(Working { id, _lock: lock, file })
}

impl Working {
    /// Removes the containers that are left after the engine has exited. Without an error, podman
    /// has removed them itself.
    pub(super) fn end(self, engine: &Engine) {
        if remove(engine, &self.id)
            && let Err(error) = fs_err::remove_file(&self.file)
        {
            tracing::debug!(%error, "could not remove the file of a build");
        }
    }
}

/// Removes the containers of an ended build. Returns whether none is left.
fn remove(engine: &Engine, id: &str) -> bool {
    let (EngineKind::Podman, Some(store)) = (engine.kind, &engine.store) else { return true };
    end_engine(id);
    let containers = containers(store, id);
    if containers.is_empty() {
        return true;
    }
    let mut args = vec!["rm".to_owned(), "--force".to_owned()];
    args.extend(containers);
    let removed = child::output(&engine.command(args)).is_ok_and(|it| it.status.success());
    tracing::debug!(id, removed, "an ended build had left containers");
    removed
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

/// Ends the engine of a build whose own process was killed: it would go on and make more
/// containers. The build's id is in its environment.
fn end_engine(id: &str) {
    let wanted = format!("{ARGUMENT}={id}");
    let all = fs_err::read_dir("/proc").into_iter().flatten().flatten();
    let engines = all.filter_map(|entry| {
        let environment = fs_err::read(entry.path().join("environ")).ok()?;
        let has = environment.split(|byte| *byte == 0).any(|it| it == wanted.as_bytes());
        has.then(|| entry.file_name().to_str()?.parse().ok()).flatten()
    });
    child::kill_with_descendants(&engines.collect());
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
}
