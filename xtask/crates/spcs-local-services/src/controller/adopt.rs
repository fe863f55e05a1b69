//! Finding containers that an earlier process of this platform has started.

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
    /// Takes over what runs. Instances of the same specification go on as they are; those of an
    /// older one are kept until they are rolled.
    pub(super) async fn adopt(&mut self, deployment: &Arc<Deployment>) -> Result<(), RuntimeError> {
        self.adopt_all().await?;
        for instance in self.instances.values_mut() {
            if instance.spec_digest != deployment.spec_digest {
                continue;
            }
            self.context.take_over(&self.key, instance, deployment).await;
        }
        Ok(())
    }

    /// Takes over what is there, whatever its specification.
    pub(super) async fn adopt_all(&mut self) -> Result<(), RuntimeError> {
        for state in self.context.runtime.containers(&self.key).await? {
            let Ok(id) = state.label(INSTANCE).parse::<u32>() else { continue };
            if state.phase == Phase::Created {
                // The start was interrupted half-way.
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
                // A roll was interrupted between two containers: the mixture is replaced.
                instance.spec_digest = String::from("mixed");
            }
            instance.containers.push(run_of(state));
        }
        Ok(())
    }
}

impl Context {
    /// Lets an instance go on with the specification that it was made from. What was found
    /// running is put into the order of the specification, with what is missing.
    pub(super) async fn take_over(
        &self,
        key: &str,
        instance: &mut Instance,
        deployment: &Arc<Deployment>,
    ) {
        let is_known = instance.deployment.replace(deployment.clone()).is_some();
        self.refresh_tokens(key, instance.id, deployment);
        if is_known {
            return;
        }
        let mut found: BTreeMap<String, ContainerRun> =
            instance.containers.drain(..).map(|run| (run.name.clone(), run)).collect();
        let fresh = Instance::new(instance.id, deployment.clone()).containers;
        instance.containers =
            fresh.into_iter().map(|run| found.remove(&run.name).unwrap_or(run)).collect();
        for stray in found.into_values() {
            self.displace(key, instance.id, &stray).await;
        }
        // Containers in the network of one that is gone cannot be reached any more.
        let owner_runs = instance.containers.first().is_some_and(ContainerRun::running);
        if !owner_runs {
            self.reset(key, instance).await;
        }
    }
}

fn run_of(state: ContainerState) -> ContainerRun {
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
