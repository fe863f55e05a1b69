//! Stages that are mounted as volumes.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use spcs_local_files::StageOwner;
use spcs_local_spec::VolumeSource;

use super::Context;
use super::mounts::{StageSource, owner};
use crate::runtime::{RuntimeError, stage_mounts};
use crate::service::{Deployment, StageVolume};

impl Context {
    /// Creates the directories of mounted stages and sets their owners. Returns what the engine is
    /// to mount for each volume.
    pub(super) async fn prepare_stages(
        &self,
        key: &str,
        instance: u32,
        deployment: &Deployment,
    ) -> Result<BTreeMap<String, StageSource>, RuntimeError> {
        let mut sources = BTreeMap::new();
        for (number, volume) in deployment.spec.volumes.iter().enumerate() {
            let VolumeSource::Stage(name) = &volume.source else { continue };
            let Some(stage) = deployment.stages.get(name) else { continue };
            let owner = match owner(volume) {
                // A rootless engine maps user ids, so the owner does not exist on the host.
                Some(_) if self.runtime.is_rootless().await? => Some(StageOwner::Everyone),
                Some((uid, gid)) => Some(StageOwner::User(uid, gid)),
                None => None,
            };
            let mount = self.runtime.mounts_from_host().await? && stage_mounts::are_possible();
            let target = mount.then(|| {
                let directory = stage_mounts::service_directory(&self.dirs.platform_id, key);
                directory.join(format!("{instance}-{number}"))
            });
            let source = self.prepare_stage(stage, owner, target).map_err(|error| {
                let doing = format!("preparing the stage {name} for {}", deployment.name);
                RuntimeError { doing, message: error.to_string() }
            })?;
            sources.insert(volume.name.clone(), source);
        }
        Ok(sources)
    }

    fn prepare_stage(
        &self,
        stage: &StageVolume,
        owner: Option<StageOwner>,
        target: Option<PathBuf>,
    ) -> io::Result<StageSource> {
        let directory = self.dirs.stages.create(&stage.stage)?.subdirectory(&stage.path)?;
        if let Some(owner) = owner {
            directory.set_owner(owner)?;
        }
        if let Some(target) = target {
            match stage_mounts::mount(&directory, &target, !stage.writable) {
                // Root in a container without the capability to mount.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    tracing::warn!(%error, "cannot mount a stage on this machine");
                }
                mounted => {
                    return mounted.map(|()| StageSource { path: target, is_mounted: true });
                }
            }
        }
        // The engine looks the path up itself, later.
        let root = self.dirs.stages.directory(&stage.stage).canonicalize()?;
        Ok(StageSource { path: root.join(stage.path.shown()), is_mounted: false })
    }
}
