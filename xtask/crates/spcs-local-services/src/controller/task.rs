//! The task of one service: looks at the goal, takes one step towards it, looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::instance::{Instance, Waiting};
use super::shared::Shared;
use super::{Context, lock};
use crate::runtime::RuntimeError;
use crate::service::Deployment;

/// What a service shall be.
#[derive(Debug, Clone)]
pub(super) enum Goal {
    Run(Arc<Deployment>),
    Remove { keep_block_volumes: bool },
}

pub(super) struct ServiceTask {
    pub(super) key: String,
    pub(super) context: Arc<Context>,
    pub(super) goal: watch::Receiver<Goal>,
    pub(super) instances: BTreeMap<u32, Instance>,
    pub(super) next_look: Instant,
    shared: Arc<Mutex<Shared>>,
    pub(super) deployment: Option<Arc<Deployment>>,
    pub(super) adopted: bool,
}

impl ServiceTask {
    pub(super) fn new(
        key: &str,
        context: Arc<Context>,
        shared: Arc<Mutex<Shared>>,
        goal: watch::Receiver<Goal>,
    ) -> ServiceTask {
        ServiceTask {
            key: key.to_owned(),
            context,
            goal,
            instances: BTreeMap::new(),
            next_look: Instant::now(),
            shared,
            deployment: None,
            adopted: false,
        }
    }

    /// Runs until the service is removed, or the controller is gone; an error says that the
    /// service was to be removed and is not all gone.
    pub(super) async fn run(mut self) -> Result<(), RuntimeError> {
        loop {
            let goal = self.goal.borrow_and_update().clone();
            let pause = match goal {
                Goal::Run(deployment) => self.step(deployment).await,
                Goal::Remove { keep_block_volumes } => {
                    return self.take_away_for_good(keep_block_volumes).await;
                }
            };
            self.report();
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = self.goal.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }

    pub(super) fn report(&self) {
        lock(&self.shared).report(self.instances.values());
    }

    /// One step; returns how long there is nothing more to do.
    async fn step(&mut self, deployment: Arc<Deployment>) -> Duration {
        let timing = self.context.timing;
        self.take_on(&deployment).await;
        if !self.adopted {
            match self.adopt(&deployment).await {
                Ok(()) => self.adopted = true,
                Err(error) => {
                    tracing::warn!(service = self.key, %error, "the engine does not answer");
                    return timing.first_backoff;
                }
            }
            self.report();
        }
        let wanted = deployment.instances;
        if let Some((&id, _)) = self.instances.last_key_value().filter(|(id, _)| **id >= wanted) {
            return match self.retire(id).await {
                Ok(()) => Duration::ZERO,
                Err(_) => timing.first_backoff,
            };
        }
        for id in 0..wanted {
            self.instances.entry(id).or_insert_with(|| Instance::new(id, deployment.clone()));
        }
        // One that could not be removed, and is wanted again.
        self.instances.values_mut().for_each(|instance| instance.terminating = false);
        if let Some(id) = self.next_to_roll(&deployment)
            && !self.roll(id, &deployment).await
        {
            return Duration::ZERO;
        }
        self.launch_missing().await;
        self.watch_containers().await;
        for instance in self.instances.values_mut() {
            self.context.reconcile_egress(instance).await;
        }
        self.pause()
    }

    /// Replaces an instance, unless there is a newer goal: `false` then. It serves while the new
    /// images come in, and goes on doing so if they cannot be had.
    async fn roll(&mut self, id: u32, deployment: &Arc<Deployment>) -> bool {
        let serves = self.instances.get(&id).is_some_and(Instance::is_ready);
        if serves && self.instances.get(&id).is_some_and(|i| i.retry_at > Instant::now()) {
            return true;
        }
        let Some(pulled) = self.pull_all(deployment).await else { return false };
        if self.goal.has_changed().unwrap_or(true) {
            return false;
        }
        if let Err(error) = pulled
            && serves
        {
            tracing::warn!(service = self.key, instance = id, %error, "pull failed");
            self.fail(id, Waiting::Image);
        } else if self.retire(id).await.is_ok() {
            self.instances.insert(id, Instance::new(id, deployment.clone()));
            self.report();
        }
        !self.goal.has_changed().unwrap_or(true)
    }

    /// Hands a new deployment to the instances that are as it says already.
    async fn take_on(&mut self, deployment: &Arc<Deployment>) {
        if self.deployment.as_ref().is_some_and(|known| Arc::ptr_eq(known, deployment)) {
            return;
        }
        for instance in self.instances.values_mut() {
            instance.waiting = Waiting::Start;
            instance.attempts = 0;
            instance.retry_at = Instant::now();
            instance.note_start_error(None);
            if instance.spec_digest == deployment.spec_digest {
                self.context.take_over(&self.key, instance, deployment).await;
            }
        }
        self.deployment = Some(deployment.clone());
    }

    /// The instance to replace now: the highest id that is outdated, once those already replaced
    /// are READY. One that does not serve anyway is replaced without waiting.
    fn next_to_roll(&self, deployment: &Deployment) -> Option<u32> {
        let digest = &deployment.spec_digest;
        let outdated = self.instances.values().rfind(|i| i.spec_digest != *digest)?;
        let mut current = self.instances.values().filter(|i| i.spec_digest == *digest);
        let may = !outdated.is_ready() || current.all(Instance::is_ready);
        may.then_some(outdated.id)
    }

    /// Until the next probe, restart or look is due.
    fn pause(&self) -> Duration {
        let timing = &self.context.timing;
        if !self.instances.values().all(Instance::is_ready) {
            return timing.converge;
        }
        let probes = self.instances.values().flat_map(Instance::next_probes);
        // A roll that waits for its image, say.
        let retries = self.instances.values().filter(|i| i.attempts > 0).map(|i| i.retry_at);
        let next = probes.chain(retries).chain([self.next_look]).min().unwrap_or(self.next_look);
        next.saturating_duration_since(Instant::now()).min(timing.watch)
    }
}
