//! The task of one service: a control loop that takes steps towards the current goal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::instance::{Instance, Waiting};
use super::shared::Shared;
use super::{Context, lock};
use crate::runtime::RuntimeError;
use crate::service::Deployment;

/// What a service's task is to achieve.
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
    pub(super) next_poll: Instant,
    shared: Arc<Mutex<Shared>>,
    pub(super) deployment: Option<Arc<Deployment>>,
    pub(super) adopted: bool,
    /// When the session tokens were last replaced, by the clock that their validity follows.
    tokens_replaced: Option<SystemTime>,
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
            next_poll: Instant::now(),
            shared,
            deployment: None,
            adopted: false,
            tokens_replaced: None,
        }
    }

    /// Runs until the service is removed or the controller is dropped. Fails if the service could
    /// not be removed completely.
    pub(super) async fn run(mut self) -> Result<(), RuntimeError> {
        loop {
            let goal = self.goal.borrow_and_update().clone();
            let pause = match goal {
                Goal::Run(deployment) => self.step(deployment).await,
                Goal::Remove { keep_block_volumes } => {
                    return self.remove_service_with_retries(keep_block_volumes).await;
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

    /// Takes one step. Returns how long to wait before the next one.
    async fn step(&mut self, deployment: Arc<Deployment>) -> Duration {
        let timing = self.context.timing;
        self.set_deployment(&deployment).await;
        if !self.adopted {
            match self.adopt(&deployment).await {
                Ok(()) => self.adopted = true,
                Err(error) => {
                    tracing::warn!(service = self.key, %error, "cannot list the containers");
                    return timing.first_backoff;
                }
            }
            self.report();
        }
        let desired = deployment.instances;
        if let Some((&id, _)) = self.instances.last_key_value().filter(|(id, _)| **id >= desired) {
            return match self.remove_instance(id).await {
                Ok(()) => Duration::ZERO,
                Err(_) => timing.first_backoff,
            };
        }
        for id in 0..desired {
            self.instances.entry(id).or_insert_with(|| Instance::new(id, deployment.clone()));
        }
        // An instance that could not be removed may be needed again.
        self.instances.values_mut().for_each(|instance| instance.terminating = false);
        if let Some(id) = self.next_to_roll(&deployment)
            && !self.roll(id, &deployment).await
        {
            return Duration::ZERO;
        }
        self.replace_tokens();
        self.launch_missing().await;
        self.watch_containers().await;
        for instance in self.instances.values_mut() {
            self.context.reconcile_egress(instance).await;
            if let Err(error) = self.context.open(&self.key, instance, &deployment).await {
                tracing::warn!(service = self.key, instance = instance.id, %error, "not open yet");
            }
        }
        self.pause()
    }

    /// Replaces an instance. It keeps serving while the new images are pulled, and also if the pull
    /// fails. Returns `false` if the goal has changed.
    async fn roll(&mut self, id: u32, deployment: &Arc<Deployment>) -> bool {
        let is_serving = self.instances.get(&id).is_some_and(Instance::is_ready);
        if is_serving && self.instances.get(&id).is_some_and(|i| i.retry_at > Instant::now()) {
            return true;
        }
        let Some(pulled) = self.pull_all(deployment).await else { return false };
        if self.goal.has_changed().unwrap_or(true) {
            return false;
        }
        if let Err(error) = pulled
            && is_serving
        {
            tracing::warn!(service = self.key, instance = id, %error, "pull failed");
            self.record_failure(id, Waiting::Image);
        } else if self.remove_instance(id).await.is_ok() {
            self.instances.insert(id, Instance::new(id, deployment.clone()));
            self.report();
        }
        !self.goal.has_changed().unwrap_or(true)
    }

    /// Replaces the session tokens of running containers if they are old, or if it is not known how
    /// old they are.
    fn replace_tokens(&mut self) {
        // Also if the clock was set back.
        let is_young = |replaced: SystemTime| {
            replaced.elapsed().is_ok_and(|age| age < self.context.timing.token_age)
        };
        if self.tokens_replaced.is_some_and(is_young) {
            return;
        }
        for instance in self.instances.values() {
            if let Some(deployment) = &instance.deployment {
                self.context.replace_tokens(&self.key, instance.id, deployment);
            }
        }
        self.tokens_replaced = Some(SystemTime::now());
    }

    /// Attaches a new deployment to the instances that already run its specification.
    async fn set_deployment(&mut self, deployment: &Arc<Deployment>) {
        if self.deployment.as_ref().is_some_and(|known| Arc::ptr_eq(known, deployment)) {
            return;
        }
        for instance in self.instances.values_mut() {
            instance.waiting = Waiting::Start;
            instance.attempts = 0;
            instance.retry_at = Instant::now();
            instance.set_start_error(None);
            if instance.spec_digest == deployment.spec_digest {
                self.context.attach_deployment(&self.key, instance, deployment).await;
            }
        }
        self.deployment = Some(deployment.clone());
    }

    /// The next instance to replace: the outdated one with the highest id, once all replaced ones
    /// are READY. An instance that is not READY is replaced without waiting.
    fn next_to_roll(&self, deployment: &Deployment) -> Option<u32> {
        let digest = &deployment.spec_digest;
        let outdated = self.instances.values().rfind(|i| i.spec_digest != *digest)?;
        let mut current = self.instances.values().filter(|i| i.spec_digest == *digest);
        let may_roll = !outdated.is_ready() || current.all(Instance::is_ready);
        may_roll.then_some(outdated.id)
    }

    /// Time until the next probe, retry or poll is due.
    fn pause(&self) -> Duration {
        let timing = &self.context.timing;
        if !self.instances.values().all(Instance::is_ready) {
            return timing.converge;
        }
        let probes = self.instances.values().flat_map(Instance::next_probes);
        // For example a roll that is waiting to retry a pull.
        let retries = self.instances.values().filter(|i| i.attempts > 0).map(|i| i.retry_at);
        let next = probes.chain(retries).chain([self.next_poll]).min().unwrap_or(self.next_poll);
        next.saturating_duration_since(Instant::now()).min(timing.watch)
    }
}
