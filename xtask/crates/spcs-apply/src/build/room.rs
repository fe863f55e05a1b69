//! Whether there is room where builds write, found out before a target is touched: a disk that
//! fills later than that leaves half a deployment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::BuildRequest;
use crate::engine::{Engine, EngineKind};

/// What the smaller of this project's images was seen to take at the least, in MiB: of both
/// together the store grew by 1365, the engine's temporary files by 494 for each image at a time,
/// and archive and layers took 430 and 870. An image that was built before finds its layers in the
/// engine's store.
const STORE: u64 = 600;
const TEMPORARY: u64 = 450;
const KEPT: u64 = 430;

/// What to do about a full disk.
pub(super) const HINT: &str =
    "remove unused images (`podman image prune` or `docker image prune`) or free space there";

/// There is too little room to build in.
#[derive(Debug, thiserror::Error)]
#[error("the disk is too full to build {images}: {places}")]
pub struct NoRoom {
    images: String,
    places: String,
}

impl NoRoom {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        HINT.to_owned()
    }
}

/// Space on one file system.
struct Need {
    place: PathBuf,
    free: u64,
    needed: u64,
}

/// Sees that the least that these builds need is free.
pub(crate) fn check(engine: &Engine, requests: &[&BuildRequest]) -> Result<(), NoRoom> {
    let mut needs: BTreeMap<String, Need> = BTreeMap::new();
    let mut need = |place: &Path, mib: u64| {
        // What cannot be measured, such as the disk of another machine, is not judged.
        let Some((system, free)) = free_mib(place) else { return };
        let place = place.to_owned();
        needs.entry(system).or_insert(Need { place, free, needed: 0 }).needed += mib;
    };
    for request in requests {
        need(&request.work_dir, KEPT);
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
    Err(NoRoom { images: images.join(" and "), places: places.join("; ") })
}

/// Where an engine puts a layer on its way into an archive.
fn temporary(kind: EngineKind, store: &Path) -> PathBuf {
    match kind {
        EngineKind::Podman => std::env::var_os("TMPDIR").unwrap_or("/var/tmp".into()).into(),
        EngineKind::Docker => store.to_owned(),
    }
}

/// The file system a path is or will be on, and how much is free there, as df says it: std knows
/// no free space.
pub(super) fn free_mib(place: &Path) -> Option<(String, u64)> {
    let place = std::path::absolute(place).ok()?;
    let there = place.ancestors().find(|folder| folder.exists())?;
    let text = duct::cmd("df", ["-Pk".as_ref(), there.as_os_str()]).stderr_null().read().ok()?;
    let mut fields = text.lines().last()?.split_whitespace().skip(3);
    let kib: u64 = fields.next()?.parse().ok()?;
    let mount = fields.skip(1).collect::<Vec<_>>().join(" ");
    Some((mount, kib / 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_there_yet_has_the_room_of_the_folder_it_will_be_in() {
        let folder = tempfile::tempdir().unwrap();
        let (mount, _) = free_mib(folder.path()).unwrap();
        let (same, _) = free_mib(&folder.path().join("target/spcs")).unwrap();
        assert_eq!(mount, same);
    }
}
