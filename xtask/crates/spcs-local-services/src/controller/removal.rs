//! Removal of instances and services.

use futures_util::future::join_all;
use spcs_local_spec::VolumeSource;

use super::files;
use super::task::ServiceTask;
use crate::runtime::{INSTANCE, PLATFORM, RuntimeError, SERVICE_KEY, stage_mounts};

/// Label that tells `block` volumes, which outlive the instance, from the others.
pub(super) const VOLUME_KIND: &str = "spcs.volume";

/// Attempts to remove a service before giving up.
const REMOVAL_ATTEMPTS: u32 = 3;

impl ServiceTask {
    /// Stops an instance and removes its objects. If some cannot be removed, the instance stays
    /// listed.
    pub(super) async fn remove_instance(&mut self, id: u32) -> Result<(), RuntimeError> {
        let Some(instance) = self.instances.get_mut(&id) else { return Ok(()) };
        instance.terminating = true;
        self.report();
        if let Err(error) = self.remove_instance_objects(id).await {
            tracing::warn!(service = self.key, instance = id, %error, "instance not removed");
            return Err(error);
        }
        let removed = self.instances.remove(&id);
        self.report();
        if let Err(error) = self.context.firewall.set(&self.key, id, None).await {
            // The next change of the rules closes its address.
            tracing::warn!(service = self.key, instance = id, %error, "not closed yet");
        }
        let used = |image| {
            self.instances.values().flat_map(|i| &i.containers).any(|c| c.image.digest == image)
        };
        for container in removed.iter().flat_map(|instance| &instance.containers) {
            let desired = self.deployment.as_ref().map(|deployment| &deployment.images);
            let still_needed = desired
                .is_some_and(|images| images.values().any(|i| i.digest == container.image.digest));
            if !still_needed
                && !used(container.image.digest.clone())
                && let Some(image) = self.context.image_name(&container.image)
            {
                self.context.runtime.remove_unused_image(&image).await;
            }
        }
        Ok(())
    }

    async fn remove_instance_objects(&mut self, id: u32) -> Result<(), RuntimeError> {
        let (context, key) = (self.context.clone(), self.key.clone());
        let Some(instance) = self.instances.get_mut(&id) else { return Ok(()) };
        let grace = context.timing.stop_grace;
        let states: Vec<_> = instance.containers.iter().filter_map(|c| c.state.clone()).collect();
        let stops = join_all(states.iter().map(|state| context.runtime.stop(&state.id, grace)));
        let stopped = tokio::select! {
            stopped = stops => stopped,
            () = context.stopping.cancelled() => {
                // The containers are already stopping; the next start removes them.
                let message = "the platform is stopping".to_owned();
                return Err(RuntimeError { doing: format!("stopping {key}"), message });
            }
        };
        for error in stopped.into_iter().filter_map(Result::err) {
            tracing::warn!(service = key, instance = id, %error, "cannot stop a container");
        }
        // The others share the first container's network, so it is removed last.
        for container in instance.containers.iter_mut().rev() {
            context.discard(&key, id, container).await?;
            container.state = None;
        }
        files::remove_tokens(&context.dirs, &key, id);
        stage_mounts::remove_instance(&context.dirs.platform_id, &key, id)
            .map_err(|error| unmounting(&key, &error))?;
        self.remove_volumes(Some(id), true).await
    }

    /// Removes the volumes of one instance, or of all instances.
    async fn remove_volumes(
        &self,
        instance: Option<u32>,
        keep_block: bool,
    ) -> Result<(), RuntimeError> {
        let id = instance.map(|id| id.to_string());
        let mut labels = vec![
            (PLATFORM, self.context.dirs.platform_id.as_str()),
            (SERVICE_KEY, self.key.as_str()),
        ];
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

    /// Removes the service with all its objects. Retries, because engine errors can be temporary.
    pub(super) async fn remove_service_with_retries(
        &mut self,
        keep_block_volumes: bool,
    ) -> Result<(), RuntimeError> {
        for attempt in 1..REMOVAL_ATTEMPTS {
            match self.remove_service(keep_block_volumes).await {
                Err(error) if !self.context.stopping.is_cancelled() => {
                    tracing::warn!(service = self.key, %error, "removal failed; retrying");
                    tokio::time::sleep(self.context.timing.backoff(attempt)).await;
                }
                result => return result,
            }
        }
        self.remove_service(keep_block_volumes).await
    }

    async fn remove_service(&mut self, keep_block_volumes: bool) -> Result<(), RuntimeError> {
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
            self.remove_instance(id).await?;
        }
        self.remove_volumes(None, keep_block_volumes).await?;
        for image in images.iter().filter_map(|image| self.context.image_name(image)) {
            self.context.runtime.remove_unused_image(&image).await;
        }
        self.context.remove_unused_schema_network(&self.key).await;
        self.context.runtime.remove_unused_network(&self.context.egress_network_name()).await;
        self.context.firewall.forget(&self.key);
        self.context.firewall.networks_changed();
        self.context.firewall.enforce().await?;
        stage_mounts::remove_service(&self.context.dirs.platform_id, &self.key)
            .map_err(|error| unmounting(&self.key, &error))?;
        files::remove_service(&self.context.dirs, &self.key).map_err(|error| RuntimeError {
            doing: format!("removing the files of {}", self.key),
            message: error.to_string(),
        })
    }
}

fn unmounting(key: &str, error: &std::io::Error) -> RuntimeError {
    let doing = format!("removing the mounts of {key}");
    RuntimeError { doing, message: error.to_string() }
}

/// The value of the `VOLUME_KIND` label: `instance` volumes are removed with their instance.
pub(super) fn volume_kind(source: &VolumeSource) -> &'static str {
    match source {
        VolumeSource::Block { .. } => "block",
        _ => "instance",
    }
}
