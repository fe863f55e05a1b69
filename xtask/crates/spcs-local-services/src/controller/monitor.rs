//! Watching containers: exits, restarts, probes.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use spcs_local_spec::Probe;
use tokio::time::Instant;

use super::instance::{ContainerRun, Instance};
use super::task::ServiceTask;
use super::{Context, ControllerTiming, files};
use crate::runtime::{ContainerState, Phase, RuntimeError};

impl ServiceTask {
    /// Looks at the containers if it is time, restarts those that have ended, sends due probes.
    pub(super) async fn watch_containers(&mut self) {
        let now = Instant::now();
        let settled = self.instances.values().all(Instance::is_ready);
        if !settled || now >= self.next_look {
            self.look().await;
            self.next_look = now + self.context.timing.watch;
        }
        for instance in self.instances.values_mut() {
            self.context.restart_ended(&self.key, instance).await;
            self.context.probe(instance).await;
        }
    }

    async fn look(&mut self) {
        let containers = self.instances.values().flat_map(|instance| &instance.containers);
        let ids: Vec<String> =
            containers.filter_map(|c| c.state.as_ref().map(|state| state.id.clone())).collect();
        let states = match self.context.runtime.inspect(&ids).await {
            Ok(states) => states,
            Err(error) => {
                tracing::warn!(service = self.key, %error, "the engine does not answer");
                return;
            }
        };
        let mut states: BTreeMap<String, ContainerState> =
            states.into_iter().map(|state| (state.id.clone(), state)).collect();
        for instance in self.instances.values_mut() {
            for container in &mut instance.containers {
                let Some(known) = &container.state else { continue };
                // One that somebody else has removed is started anew.
                container.state = states.remove(&known.id);
                if !container.running() {
                    container.ready = false;
                }
            }
        }
    }
}

impl Context {
    /// Containers that have ended are replaced by fresh ones, after a pause that grows.
    async fn restart_ended(&self, key: &str, instance: &mut Instance) {
        if instance.deployment.is_none() {
            return;
        }
        let timing = self.timing;
        for container in &mut instance.containers {
            container.note_end(&timing);
        }
        let due =
            |container: &ContainerRun| container.restart_at.is_some_and(|at| at <= Instant::now());
        // The first container holds the network of all others: without it they start anew too.
        if instance.containers.first().is_some_and(due) {
            self.reset(key, instance).await;
        } else {
            for container in instance.containers.iter_mut().filter(|container| due(container)) {
                self.displace(key, instance.id, container).await;
                container.begin_again();
            }
        }
    }

    /// Removes all containers of an instance, so that all are started again.
    pub(super) async fn reset(&self, key: &str, instance: &mut Instance) {
        for container in instance.containers.iter_mut().rev() {
            if container.state.is_some() {
                self.displace(key, instance.id, container).await;
                container.note_end(&self.timing);
                container.begin_again();
            }
        }
        instance.retry_at = Instant::now();
    }

    /// Keeps what a container has written, and removes it.
    pub(super) async fn discard(
        &self,
        key: &str,
        instance: u32,
        container: &ContainerRun,
    ) -> Result<(), RuntimeError> {
        let Some(state) = &container.state else { return Ok(()) };
        match self.runtime.logs(&state.id, 10_000, true).await {
            Ok(text) => {
                let kept = files::keep_log(&self.dirs, key, instance, &container.name, &text);
                if let Err(error) = kept {
                    tracing::warn!(service = key, %error, "a log is lost");
                }
            }
            Err(error) => tracing::debug!(service = key, %error, "a log is lost"),
        }
        self.runtime.remove(&state.id).await
    }

    /// The same where the container's name is taken over by the next: what is left of it now, the
    /// next start removes.
    pub(super) async fn displace(&self, key: &str, instance: u32, container: &ContainerRun) {
        if let Err(error) = self.discard(key, instance, container).await {
            tracing::warn!(service = key, %error, "a container is left");
        }
    }

    /// Sends the probes that are due.
    async fn probe(&self, instance: &mut Instance) {
        let Some(deployment) = instance.deployment.clone() else {
            // Nobody remembers its probes; it serves until it is replaced.
            instance.containers.iter_mut().for_each(|c| c.ready = c.running());
            return;
        };
        for (i, spec) in deployment.spec.containers.iter().enumerate() {
            if !instance.containers[i].running() {
                continue;
            }
            match &spec.readiness {
                None => instance.containers[i].ready = true,
                Some(probe) if instance.containers[i].readiness.next <= Instant::now() => {
                    let answers = self.answers(instance, i, probe).await;
                    instance.containers[i].note_readiness(probe, answers, &self.timing);
                }
                Some(_) => {}
            }
            if let Some(probe) = &spec.liveness
                && instance.containers[i].liveness.next <= Instant::now()
            {
                let answers = self.answers(instance, i, probe).await;
                let container = &mut instance.containers[i];
                container.liveness.next = Instant::now() + probe.period;
                container.liveness.failures =
                    if answers { 0 } else { container.liveness.failures + 1 };
                if container.liveness.failures >= probe.failure_threshold
                    && let Some(state) = &container.state
                {
                    tracing::warn!(container = state.name, "the liveness probe fails: restart");
                    let stopped = self.runtime.stop(&state.id, self.timing.stop_grace).await;
                    if let Err(error) = stopped {
                        tracing::warn!(%error, "stopping failed");
                    }
                    container.ready = false;
                    container.stopped = true;
                    container.liveness.failures = 0;
                }
            }
        }
    }

    async fn answers(&self, instance: &Instance, index: usize, probe: &Probe) -> bool {
        let Some(state) = &instance.containers[index].state else { return false };
        let address = instance.address(probe.port);
        self.runtime.probe(state, address, &probe.path, self.timing.probe_timeout).await
    }
}

impl ContainerRun {
    /// Sees that the container has ended, once, and sets when it is started again.
    fn note_end(&mut self, timing: &ControllerTiming) {
        let Some(state) = self.state.as_ref().filter(|state| state.phase == Phase::Exited) else {
            return;
        };
        if self.restart_at.is_some() {
            return;
        }
        self.ready = false;
        self.last_exit = Some(state.exit_code);
        let ran = state.started.and_then(|started| started.elapsed().ok());
        let lasted = ran.is_some_and(|ran| ran >= timing.stable);
        self.crashes = if lasted { 0 } else { self.crashes + 1 };
        let pause = if lasted { timing.converge } else { timing.backoff(self.crashes) };
        self.restart_at = Some(Instant::now() + pause);
    }

    /// Forgets the ended container; the next start counts as a restart.
    fn begin_again(&mut self) {
        self.state = None;
        self.ready = false;
        self.restart_at = None;
        self.stopped = false;
        self.restarts += 1;
    }

    /// A container becomes READY with its first success and stops being so after as many
    /// failures in a row as the probe allows.
    fn note_readiness(&mut self, probe: &Probe, answers: bool, timing: &ControllerTiming) {
        if answers {
            self.ready = true;
            self.readiness.failures = 0;
        } else {
            self.readiness.failures += 1;
            if self.readiness.failures >= probe.failure_threshold {
                self.ready = false;
            }
        }
        // Until it serves it is looked at more often, so that nobody waits for a period to end.
        let period = if self.ready { probe.period } else { probe.period.min(timing.converge * 2) };
        self.readiness.next = Instant::now() + period;
    }
}

impl Instance {
    /// Where a port is reached from this machine.
    fn address(&self, port: u16) -> Option<SocketAddr> {
        let state = self.containers.first()?.state.as_ref()?;
        let published = state.ports.get(&port).copied();
        published.or_else(|| {
            let ip: IpAddr = state.ip_address.as_ref()?.parse().ok()?;
            Some(SocketAddr::new(ip, port))
        })
    }

    /// Where its ports are reached from this machine.
    pub(super) fn addresses(&self) -> BTreeMap<u16, SocketAddr> {
        let Some(deployment) = &self.deployment else {
            // What its specification had for endpoints nobody remembers; published ones tell.
            let state = self.containers.first().and_then(|container| container.state.as_ref());
            return state.map(|state| state.ports.clone()).unwrap_or_default();
        };
        let ports = deployment.spec.published_ports().into_iter();
        ports.filter_map(|port| Some((port, self.address(port)?))).collect()
    }

    /// When its probes are due.
    pub(super) fn next_probes(&self) -> impl Iterator<Item = Instant> {
        let specs = self.deployment.iter().flat_map(|deployment| &deployment.spec.containers);
        self.containers.iter().zip(specs).flat_map(|(run, spec)| {
            let readiness = spec.readiness.as_ref().map(|_| run.readiness.next);
            let liveness = spec.liveness.as_ref().map(|_| run.liveness.next);
            readiness.into_iter().chain(liveness)
        })
    }
}
