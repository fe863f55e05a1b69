//! What goes: an instance that is replaced, a service that was dropped.

use futures_util::future::join_all;
use spcs_local_spec::VolumeSource;

use super::files;
use super::task::ServiceTask;
use crate::runtime::{INSTANCE, PLATFORM, RuntimeError, SERVICE};

/// Label of a volume: `block` ones outlive the instance.
pub(super) const VOLUME_KIND: &str = "spcs.volume";

/// How often a removal is tried before it is given up.
const REMOVAL_ATTEMPTS: u32 = 3;

impl ServiceTask {
    /// Stops an instance and removes what belongs to it alone. An instance that is not all gone
    /// stays known.
    pub(super) async fn retire(&mut self, id: u32) -> Result<(), RuntimeError> {
        let Some(instance) = self.instances.get_mut(&id) else { return Ok(()) };
        instance.terminating = true;
        self.report();
        if let Err(error) = self.dismantle(id).await {
            tracing::warn!(service = self.key, instance = id, %error, "it is not all gone");
            return Err(error);
        }
        let gone = self.instances.remove(&id);
        self.report();
        let used = |image| {
            self.instances.values().flat_map(|i| &i.containers).any(|c| c.image.digest == image)
        };
        for container in gone.iter().flat_map(|instance| &instance.containers) {
            let expected = self.deployment.as_ref().map(|deployment| &deployment.images);
            let still = expected
                .is_some_and(|images| images.values().any(|i| i.digest == container.image.digest));
            if !still
                && !used(container.image.digest.clone())
                && let Some(image) = self.context.image_name(&container.image)
            {
                self.context.runtime.remove_unused_image(&image).await;
            }
        }
        Ok(())
    }

    async fn dismantle(&mut self, id: u32) -> Result<(), RuntimeError> {
        let (context, key) = (self.context.clone(), self.key.clone());
        let Some(instance) = self.instances.get_mut(&id) else { return Ok(()) };
        let grace = context.timing.stop_grace;
        let states: Vec<_> = instance.containers.iter().filter_map(|c| c.state.clone()).collect();
        let stops = join_all(states.iter().map(|state| context.runtime.stop(&state.id, grace)));
        let stopped = tokio::select! {
            stopped = stops => stopped,
            () = context.stopping.cancelled() => {
                // The containers end by themselves; the next start finds and removes them.
                let message = "the platform is stopping".to_owned();
                return Err(RuntimeError { doing: format!("stopping {key}"), message });
            }
        };
        for error in stopped.into_iter().filter_map(Result::err) {
            tracing::warn!(service = key, instance = id, %error, "stopping failed");
        }
        // The first container holds the network of the others, so it goes last.
        for container in instance.containers.iter_mut().rev() {
            context.discard(&key, id, container).await?;
            container.state = None;
        }
        files::remove_tokens(&context.dirs, &key, id);
        self.remove_volumes(Some(id), true).await
    }

    /// Removes the volumes of one instance, or of all.
    async fn remove_volumes(
        &self,
        instance: Option<u32>,
        keep_block: bool,
    ) -> Result<(), RuntimeError> {
        let id = instance.map(|id| id.to_string());
        let mut labels =
            vec![(PLATFORM, self.context.dirs.platform_id.as_str()), (SERVICE, self.key.as_str())];
        if let Some(id) = &id {
            labels.push((INSTANCE, id));
        }
        if keep_block {
            labels.push((VOLUME_KIND, "instance"));
        }
        for name in self.context.runtime.volumes(&labels).await? {
            self.context.runtime.remove_volume(&name).await?;
        }
        Ok(())
    }

    /// DROP SERVICE. Engines refuse for a moment what works in the next, so it is tried again.
    pub(super) async fn take_away_for_good(
        &mut self,
        keep_block_volumes: bool,
    ) -> Result<(), RuntimeError> {
        for attempt in 1..REMOVAL_ATTEMPTS {
            match self.take_away(keep_block_volumes).await {
                Err(error) if !self.context.stopping.is_cancelled() => {
                    tracing::warn!(service = self.key, %error, "removing it again");
                    tokio::time::sleep(self.context.timing.backoff(attempt)).await;
                }
                gone => return gone,
            }
        }
        self.take_away(keep_block_volumes).await
    }

    async fn take_away(&mut self, keep_block_volumes: bool) -> Result<(), RuntimeError> {
        if !self.adopted {
            self.adopt_all().await?;
            self.adopted = true;
        }
        let images: Vec<_> = self
            .instances
            .values()
            .flat_map(|instance| &instance.containers)
            .map(|container| container.image.clone())
            .chain(
                self.deployment.iter().flat_map(|deployment| deployment.images.values().cloned()),
            )
            .collect();
        self.deployment = None;
        while let Some((&id, _)) = self.instances.last_key_value() {
            self.retire(id).await?;
        }
        self.remove_volumes(None, keep_block_volumes).await?;
        for image in images.iter().filter_map(|image| self.context.image_name(image)) {
            self.context.runtime.remove_unused_image(&image).await;
        }
        let network = self.context.network_name(&self.key);
        self.context.runtime.remove_unused_network(&network).await;
        self.context.runtime.remove_unused_network(&self.context.egress_network_name()).await;
        files::remove_service(&self.context.dirs, &self.key);
        Ok(())
    }
}

/// Which volumes go with their instance.
pub(super) fn volume_kind(source: &VolumeSource) -> &'static str {
    match source {
        VolumeSource::Block { .. } => "block",
        _ => "instance",
    }
}
