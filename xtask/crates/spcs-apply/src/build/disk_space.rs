//! Checks that enough disk space is free for the builds. This happens before a target is changed,
//! because a disk that fills up later leaves a partial deployment.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::BuildRequest;
use crate::engine::{Engine, EngineKind};

/// The minimum space for one of this project's images, in MiB, from a measurement: for both images
/// together, the engine's store grew by 1365, and the archives and layers took 430 and 870; the
/// engine's temporary files took 494 for each image. An image that was built before already has its
/// layers in the engine's store.
const STORE: u64 = 600;
const TEMPORARY: u64 = 450;
const LAYOUT: u64 = 430;

/// The hint for a full disk.
pub(super) const HINT: &str =
    "remove unused images (`podman image prune` or `docker image prune`) or free space there";

/// Too little disk space is free to build.
#[derive(Debug, thiserror::Error)]
#[error("the disk is too full to build {images}: {places}")]
pub struct NotEnoughSpace {
    images: String,
    places: String,
}

impl NotEnoughSpace {
    pub(crate) fn hint(&self) -> String {
        HINT.to_owned()
    }
}

/// The space that the builds need on one file system, and how much is free.
struct Need {
    place: PathBuf,
    free: u64,
    needed: u64,
}

/// Checks that the minimum space for these builds is free.
pub(crate) fn check(engine: &Engine, requests: &[&BuildRequest]) -> Result<(), NotEnoughSpace> {
    let mut needs: BTreeMap<u64, Need> = BTreeMap::new();
    let mut need = |place: &Path, mib: u64| {
        // Skip what cannot be measured, such as the disk of a remote engine.
        let Some(FreeSpace { device, mib: free }) = free_space(place) else { return };
        let place = place.to_owned();
        needs.entry(device).or_insert(Need { place, free, needed: 0 }).needed += mib;
    };
    for request in requests {
        need(&request.work_dir, LAYOUT);
        if let Some(store) = engine.store.as_deref().filter(|store| store.exists()) {
            need(store, if request.layout_dir().exists() { 0 } else { STORE });
            need(&temporary(engine.kind, store), TEMPORARY);
        }
    }
    let short = needs.values().filter(|need| need.free < need.needed);
    let places: Vec<_> = short
        .map(|Need { place, free, needed }| {
            format!("{free} MiB free in {}, at least {needed} MiB needed", place.display())
        })
        .collect();
    if places.is_empty() {
        return Ok(());
    }
    let images: Vec<_> = requests.iter().map(|request| format!("`{}`", request.name)).collect();
    Err(NotEnoughSpace { images: images.join(" and "), places: places.join("; ") })
}

/// The directory in which an engine writes a layer before it goes into an archive.
fn temporary(kind: EngineKind, store: &Path) -> PathBuf {
    match kind {
        EngineKind::Podman => std::env::var_os("TMPDIR").unwrap_or("/var/tmp".into()).into(),
        EngineKind::Docker => store.to_owned(),
    }
}

/// The free space of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FreeSpace {
    /// The device number: paths with the same number share the space.
    device: u64,
    /// The space available to an unprivileged user, in MiB.
    pub(super) mib: u64,
}

/// The free space of the file system that contains the path, or will contain it once it is created.
pub(super) fn free_space(place: &Path) -> Option<FreeSpace> {
    let place = std::path::absolute(place).ok()?;
    let existing = place.ancestors().find(|folder| folder.exists())?;
    let device = existing.metadata().ok()?.dev();
    let system = rustix::fs::statvfs(existing).ok()?;
    let bytes = u128::from(system.f_bavail) * u128::from(system.f_frsize);
    Some(FreeSpace { device, mib: u64::try_from(bytes >> 20).unwrap_or(u64::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_has_the_free_space_of_its_nearest_ancestor() {
        let folder = tempfile::tempdir().unwrap();
        let existing = free_space(folder.path()).unwrap();
        let planned = free_space(&folder.path().join("target/spcs")).unwrap();
        assert_eq!(existing.device, planned.device);
        assert!(existing.mib > 0, "{existing:?}");
    }

    #[test]
    fn the_error_names_the_full_file_system_and_the_needed_space() {
        let work = tempfile::tempdir().unwrap();
        let engine = Engine {
            kind: EngineKind::Docker,
            program: "docker".into(),
            version: "1".to_owned(),
            // A pseudo file system has no blocks, so none are free.
            store: Some("/proc".into()),
            env: Vec::new(),
        };
        let request = BuildRequest {
            name: "milvus".to_owned(),
            kind: spcs_plan::config::TargetKind::Local,
            context: work.path().to_owned(),
            dockerfile: work.path().join("Dockerfile"),
            base: None,
            args: BTreeMap::new(),
            work_dir: work.path().to_owned(),
        };
        let error = check(&engine, &[&request]).unwrap_err().to_string();
        assert!(error.contains("0 MiB free in /proc, at least 1050 MiB needed"), "{error}");
    }
}
