//! Monitoring of containers: exits, restarts, probes.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use spcs_local_spec::Probe;
use tokio::time::Instant;

use super::instance::{ContainerRun, Instance};
use super::task::ServiceTask;
use super::{Context, ControllerTiming, files};
use crate::runtime::{ContainerState, Phase, RuntimeError};

impl ServiceTask {
    /// Polls the containers if due, restarts those that have exited, and sends due probes.
    pub(super) async fn watch_containers(&mut self) {
        let now = Instant::now();
        let settled = self.instances.values().all(Instance::is_ready);
        if !settled || now >= self.next_poll {
            self.poll_containers().await;
            self.next_poll = now + self.context.timing.watch;
        }
        for instance in self.instances.values_mut() {
            self.context.restart_ended(&self.key, instance).await;
            self.context.probe(instance).await;
        }
    }

    async fn poll_containers(&mut self) {
        let containers = self.instances.values().flat_map(|instance| &instance.containers);
        let ids: Vec<String> =
            containers.filter_map(|c| c.state.as_ref().map(|state| state.id.clone())).collect();
        let states = match self.context.runtime.inspect(&ids).await {
            Ok(states) => states,
            Err(error) => {
                tracing::warn!(service = self.key, %error, "cannot inspect the containers");
                return;
            }
        };
        let mut states: BTreeMap<String, ContainerState> =
            states.into_iter().map(|state| (state.id.clone(), state)).collect();
        for instance in self.instances.values_mut() {
            for container in &mut instance.containers {
                let Some(known) = &container.state else { continue };
                // A container that was removed externally is started again.
                container.state = states.remove(&known.id);
                if !container.running() {
                    container.ready = false;
                }
            }
        }
    }
}

impl Context {
    /// Replaces containers that have exited with new ones, after a backoff.
    async fn restart_ended(&self, key: &str, instance: &mut Instance) {
        if instance.deployment.is_none() {
            return;
        }
        let timing = self.timing;
        for container in &mut instance.containers {
            container.schedule_restart(&timing);
        }
        let due =
            |container: &ContainerRun| container.restart_at.is_some_and(|at| at <= Instant::now());
        // All containers share the first one's network and must restart with it.
        if instance.containers.first().is_some_and(due) {
            self.reset(key, instance).await;
        } else {
            for container in instance.containers.iter_mut().filter(|container| due(container)) {
                self.try_discard(key, instance.id, container).await;
                container.prepare_restart();
            }
        }
    }

    /// Removes all containers of an instance, so that they are started again.
    pub(super) async fn reset(&self, key: &str, instance: &mut Instance) {
        for container in instance.containers.iter_mut().rev() {
            if container.state.is_some() {
                self.try_discard(key, instance.id, container).await;
                container.schedule_restart(&self.timing);
                container.prepare_restart();
            }
        }
        instance.retry_at = Instant::now();
    }

    /// Saves the log of a container and removes the container.
    pub(super) async fn discard(
        &self,
        key: &str,
        instance: u32,
        container: &ContainerRun,
    ) -> Result<(), RuntimeError> {
        let Some(state) = &container.state else { return Ok(()) };
        match self.runtime.logs(&state.id, 10_000, true).await {
            Ok(text) => {
                let kept = files::save_log(&self.dirs, key, instance, &container.name, &text);
                if let Err(error) = kept {
                    tracing::warn!(service = key, %error, "cannot save a container's log");
                }
            }
            Err(error) => tracing::debug!(service = key, %error, "cannot read a container's log"),
        }
        self.runtime.remove(&state.id).await
    }

    /// Like `discard`, but only logs a failure. The next start under the same name removes whatever
    /// is left.
    pub(super) async fn try_discard(&self, key: &str, instance: u32, container: &ContainerRun) {
        if let Err(error) = self.discard(key, instance, container).await {
            tracing::warn!(service = key, %error, "cannot remove a container");
        }
    }

    /// Sends the probes that are due.
    async fn probe(&self, instance: &mut Instance) {
        let Some(deployment) = instance.deployment.clone() else {
            // Its probes are unknown; it serves until it is replaced.
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
                    let succeeded = self.send_probe(instance, i, probe).await;
                    instance.containers[i].record_readiness(probe, succeeded, &self.timing);
                }
                Some(_) => {}
            }
            if let Some(probe) = &spec.liveness
                && instance.containers[i].liveness.next <= Instant::now()
            {
                let succeeded = self.send_probe(instance, i, probe).await;
                let container = &mut instance.containers[i];
                container.liveness.next = Instant::now() + probe.period;
                container.liveness.failures =
                    if succeeded { 0 } else { container.liveness.failures + 1 };
                if container.liveness.failures >= probe.failure_threshold
                    && let Some(state) = &container.state
                {
                    tracing::warn!(
                        container = state.name,
                        "the liveness probe is failing; restarting the container"
                    );
                    let stopped = self.runtime.stop(&state.id, self.timing.stop_grace).await;
                    if let Err(error) = stopped {
                        tracing::warn!(%error, "cannot stop the container");
                    }
                    container.ready = false;
                    container.stopped = true;
                    container.liveness.failures = 0;
                }
            }
        }
    }

    async fn send_probe(&self, instance: &Instance, index: usize, probe: &Probe) -> bool {
        let Some(state) = &instance.containers[index].state else { return false };
        let address = instance.address(probe.port);
        self.runtime.probe(state, address, &probe.path, self.timing.probe_timeout).await
    }
}

impl ContainerRun {
    /// If the container has exited and no restart is scheduled, schedules one.
    fn schedule_restart(&mut self, timing: &ControllerTiming) {
        let Some(state) = self.state.as_ref().filter(|state| state.phase == Phase::Exited) else {
            return;
        };
        if self.restart_at.is_some() {
            return;
        }
        self.ready = false;
        self.last_exit = Some(state.exit_code);
        let ran_for = state.started.and_then(|started| started.elapsed().ok());
        let was_stable = ran_for.is_some_and(|time| time >= timing.stable);
        self.crashes = if was_stable { 0 } else { self.crashes + 1 };
        let pause = if was_stable { timing.converge } else { timing.backoff(self.crashes) };
        self.restart_at = Some(Instant::now() + pause);
    }

    /// Clears the state of the exited container. The next start counts as a restart.
    fn prepare_restart(&mut self) {
        self.state = None;
        self.ready = false;
        self.restart_at = None;
        self.stopped = false;
        self.restarts += 1;
    }

    /// A container becomes READY with the first success and unready after `failure_threshold`
    /// consecutive failures.
    fn record_readiness(&mut self, probe: &Probe, succeeded: bool, timing: &ControllerTiming) {
        if succeeded {
            self.ready = true;
            self.readiness.failures = 0;
        } else {
            self.readiness.failures += 1;
            if self.readiness.failures >= probe.failure_threshold {
                self.ready = false;
            }
        }
        // Probe more often until the container is READY, so that it becomes READY without delay.
        let period = if self.ready { probe.period } else { probe.period.min(timing.converge * 2) };
        self.readiness.next = Instant::now() + period;
    }
}

impl Instance {
    /// The host address of a container port.
    fn address(&self, port: u16) -> Option<SocketAddr> {
        let state = self.containers.first()?.state.as_ref()?;
        let published = state.ports.get(&port).copied();
        published.or_else(|| {
            let ip: IpAddr = state.ip_address.as_ref()?.parse().ok()?;
            Some(SocketAddr::new(ip, port))
        })
    }

    /// The host addresses of all endpoint ports.
    pub(super) fn addresses(&self) -> BTreeMap<u16, SocketAddr> {
        let Some(deployment) = &self.deployment else {
            // The endpoints are unknown; use the published ports.
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
