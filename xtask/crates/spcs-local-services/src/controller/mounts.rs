//! Mounts of containers: volumes, stages, the session token.

use std::collections::BTreeMap;
use std::path::PathBuf;

use spcs_local_spec::{Container, Volume, VolumeSource};

use super::removal::{VOLUME_KIND, volume_kind};
use super::{Context, files};
use crate::runtime::{ContainerNames, Mount, RuntimeError, VolumeRequest};
use crate::service::Deployment;

/// The directory that the engine mounts for a stage volume.
pub(super) struct StageSource {
    pub(super) path: PathBuf,
    /// Whether it is a mount of this process.
    pub(super) is_mounted: bool,
}

impl Context {
    /// Creates the missing volumes of an instance.
    pub(super) async fn create_volumes(
        &self,
        key: &str,
        instance: u32,
        deployment: &Deployment,
    ) -> Result<(), RuntimeError> {
        for volume in &deployment.spec.volumes {
            let memory = match volume.source {
                VolumeSource::Memory { size } => Some(size),
                VolumeSource::Stage(_) => continue,
                VolumeSource::Local | VolumeSource::Block { .. } => None,
            };
            let mut labels = self.labels(key, &deployment.name, instance);
            labels.insert(VOLUME_KIND.to_owned(), volume_kind(&volume.source).to_owned());
            let owner = owner(volume);
            let name = self.volume_name(key, instance, &volume.name);
            if memory.is_some() && mount_count(deployment, &volume.name) < 2 {
                continue;
            }
            self.runtime.ensure_volume(&VolumeRequest { name, labels, memory, owner }).await?;
        }
        Ok(())
    }

    pub(super) fn mounts(
        &self,
        key: &str,
        instance: u32,
        deployment: &Deployment,
        container: &Container,
        names: &ContainerNames,
        stages: &BTreeMap<String, StageSource>,
    ) -> Result<Vec<Mount>, RuntimeError> {
        let failed = |what: &str, error: &dyn std::fmt::Display| RuntimeError {
            doing: format!("preparing {what} for {}", container.name),
            message: error.to_string(),
        };
        let mut mounts = Vec::new();
        // The containers of an instance share its network, but not this file.
        let configuration = self.resolver_configuration(key, names);
        let configuration =
            configuration.map_err(|error| failed("the resolver configuration", &error))?;
        mounts.extend(configuration.map(|source| Mount::Directory {
            source,
            target: "/etc/resolv.conf".to_owned(),
            read_only: true,
        }));
        if container.token.mounted {
            let source = files::write_session(&self.dirs, instance, container, deployment)
                .map_err(|error| failed("the session token", &error))?;
            let target = container.token.directory.clone();
            mounts.push(Mount::Directory { source, target, read_only: true });
        }
        for mount in &container.mounts {
            let target = mount.path.clone();
            let volumes = &deployment.spec.volumes;
            let Some(volume) = volumes.iter().find(|volume| volume.name == mount.volume) else {
                continue;
            };
            mounts.push(match &volume.source {
                VolumeSource::Memory { size } if mount_count(deployment, &volume.name) < 2 => {
                    Mount::Memory { target, size: *size }
                }
                VolumeSource::Stage(name) => {
                    let stage = deployment.stages.get(name).zip(stages.get(&volume.name));
                    let (stage, source) = stage.ok_or_else(|| {
                        failed("a stage volume", &format!("the stage {name} does not exist"))
                    })?;
                    Mount::Stage {
                        source: source.path.clone(),
                        target,
                        read_only: !stage.writable,
                        is_mounted: source.is_mounted,
                    }
                }
                _ => Mount::Volume { name: self.volume_name(key, instance, &volume.name), target },
            });
        }
        Ok(mounts)
    }
}

/// The owner that the specification sets for a volume.
pub(super) fn owner(volume: &Volume) -> Option<(u32, u32)> {
    let is_set = volume.uid.is_some() || volume.gid.is_some();
    is_set.then(|| (volume.uid.unwrap_or(0), volume.gid.unwrap_or(0)))
}

/// How many containers of a deployment mount a volume.
fn mount_count(deployment: &Deployment, volume: &str) -> usize {
    let mounts = deployment.spec.containers.iter().flat_map(|container| &container.mounts);
    mounts.filter(|mount| mount.volume == volume).count()
}
