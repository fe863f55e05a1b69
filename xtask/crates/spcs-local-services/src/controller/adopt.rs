//! Adoption of containers that an earlier process of this platform started.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::instance::{ContainerRun, Instance, Waiting};
use super::task::ServiceTask;
use crate::runtime::{
    self, CONTAINER, ContainerState, INSTANCE, LAST_EXIT, Phase, RESTARTS, RuntimeError,
    SPEC_DIGEST,
};
use crate::service::{Deployment, PinnedImage};

impl ServiceTask {
    /// Adopts the existing containers. Instances of the current specification keep running; outdated
    /// ones are kept until they are rolled.
    pub(super) async fn adopt(&mut self, deployment: &Arc<Deployment>) -> Result<(), RuntimeError> {
        self.adopt_all().await?;
        if !self.instances.is_empty() {
            self.context.open_network(deployment).await?;
        }
        for instance in self.instances.values_mut() {
            if instance.spec_digest != deployment.spec_digest {
                continue;
            }
            self.context.attach_deployment(&self.key, instance, deployment).await;
        }
        Ok(())
    }

    /// Adopts the existing containers of any specification.
    pub(super) async fn adopt_all(&mut self) -> Result<(), RuntimeError> {
        for state in self.context.runtime.containers(&self.key).await? {
            let Ok(id) = state.label(INSTANCE).parse::<u32>() else { continue };
            if state.phase == Phase::Created {
                // The start was interrupted.
                let _ = self.context.runtime.remove(&state.id).await;
                continue;
            }
            let digest = state.label(SPEC_DIGEST).to_owned();
            let created = state.created;
            let instance = self.instances.entry(id).or_insert_with(|| Instance {
                id,
                deployment: None,
                spec_digest: digest.clone(),
                created,
                terminating: false,
                waiting: Waiting::Start,
                retry_at: tokio::time::Instant::now(),
                attempts: 0,
                containers: Vec::new(),
            });
            instance.created = instance.created.min(created);
            if instance.spec_digest != digest {
                // A roll was interrupted between two containers. Force a replacement.
                instance.spec_digest = String::from("mixed");
            }
            instance.containers.push(adopted_run(state));
        }
        Ok(())
    }
}

impl Context {
    /// Attaches a deployment to an instance that runs its specification. Puts adopted containers in
    /// the order of the specification and adds the missing ones.
    pub(super) async fn attach_deployment(
        &self,
        key: &str,
        instance: &mut Instance,
        deployment: &Arc<Deployment>,
    ) {
        if instance.deployment.replace(deployment.clone()).is_some() {
            return;
        }
        let mut found: BTreeMap<String, ContainerRun> =
            instance.containers.drain(..).map(|run| (run.name.clone(), run)).collect();
        let fresh = Instance::new(instance.id, deployment.clone()).containers;
        instance.containers =
            fresh.into_iter().map(|run| found.remove(&run.name).unwrap_or(run)).collect();
        for stray in found.into_values() {
            self.try_discard(key, instance.id, &stray).await;
        }
        // The other containers share the first one's network and are unreachable without it.
        let first_is_running = instance.containers.first().is_some_and(ContainerRun::running);
        if !first_is_running {
            self.reset(key, instance).await;
        }
    }
}

fn adopted_run(state: ContainerState) -> ContainerRun {
    let image = PinnedImage {
        path: state.label(runtime::IMAGE).to_owned(),
        digest: state.label(runtime::IMAGE_DIGEST).to_owned(),
    };
    let mut run = ContainerRun::new(state.label(CONTAINER), image);
    run.restarts = state.label(RESTARTS).parse().unwrap_or(0);
    run.last_exit = state.label(LAST_EXIT).parse().ok();
    run.state = Some(state);
    run
}
