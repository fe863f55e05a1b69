//! State of a service's instances and containers in the service's task.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use crate::runtime::{ContainerState, Phase, RuntimeError};
use crate::service::{ContainerObservation, Deployment, InstanceObservation, PinnedImage};

#[derive(Debug)]
pub(super) struct Instance {
    pub(super) id: u32,
    /// The deployment it was created from. `None` if it was adopted with an older specification,
    /// which is no longer known. Such an instance only waits to be replaced.
    pub(super) deployment: Option<Arc<Deployment>>,
    pub(super) spec_digest: String,
    pub(super) created: SystemTime,
    pub(super) terminating: bool,
    pub(super) waiting: Waiting,
    /// Earliest time of the next attempt to start missing containers.
    pub(super) retry_at: Instant,
    /// Consecutive failed attempts.
    pub(super) attempts: u32,
    pub(super) containers: Vec<ContainerRun>,
}

/// What an instance waits for before its containers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    Start,
    Node,
    Image,
}

/// A container across its restarts.
#[derive(Debug)]
pub(super) struct ContainerRun {
    pub(super) name: String,
    pub(super) image: PinnedImage,
    /// The last state reported by the runtime; `None` if the container does not exist.
    pub(super) state: Option<ContainerState>,
    pub(super) restarts: u32,
    pub(super) last_exit: Option<i32>,
    /// Why the last start failed.
    pub(super) start_error: Option<String>,
    pub(super) ready: bool,
    pub(super) readiness: ProbeRun,
    pub(super) liveness: ProbeRun,
    /// When to restart it after it has exited.
    pub(super) restart_at: Option<Instant>,
    /// Consecutive exits shortly after the start.
    pub(super) crashes: u32,
    /// Whether the platform stopped this run.
    pub(super) stopped: bool,
}

/// State of a probe.
#[derive(Debug)]
pub(super) struct ProbeRun {
    pub(super) next: Instant,
    pub(super) failures: u32,
}

impl ProbeRun {
    pub(super) fn new() -> ProbeRun {
        ProbeRun { next: Instant::now(), failures: 0 }
    }
}

impl ContainerRun {
    pub(super) fn new(name: &str, image: PinnedImage) -> ContainerRun {
        ContainerRun {
            name: name.to_owned(),
            image,
            state: None,
            restarts: 0,
            last_exit: None,
            start_error: None,
            ready: false,
            readiness: ProbeRun::new(),
            liveness: ProbeRun::new(),
            restart_at: None,
            crashes: 0,
            stopped: false,
        }
    }

    pub(super) fn running(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.phase == Phase::Running)
    }

    fn observe(&self, instance: &Instance) -> ContainerObservation {
        let probe = instance.deployment.as_ref().and_then(|deployment| {
            let container = deployment.spec.containers.iter().find(|c| c.name == self.name)?;
            container.readiness.as_ref()
        });
        let (status, message) = match &self.state {
            None if self.start_error.is_some() && instance.waiting != Waiting::Image => {
                ("FAILED", "Encountered fatal error while running, check container logs".to_owned())
            }
            None => ("PENDING", instance.waiting.message().to_owned()),
            Some(state) => match state.phase {
                Phase::Created => ("PENDING", Waiting::Start.message().to_owned()),
                // It keeps serving while the image of the next specification cannot be pulled.
                Phase::Running if self.ready && instance.waiting == Waiting::Image => {
                    ("READY", instance.waiting.message().to_owned())
                }
                Phase::Running if self.ready => ("READY", "Running".to_owned()),
                Phase::Running => match probe {
                    Some(probe) if self.readiness.failures > 0 => (
                        "PENDING",
                        format!(
                            "Readiness probe is failing at path: {}, port: {}",
                            probe.path, probe.port
                        ),
                    ),
                    _ => ("PENDING", Waiting::Start.message().to_owned()),
                },
                Phase::Exited => self.exit_status(state, instance),
            },
        };
        ContainerObservation {
            name: self.name.clone(),
            status,
            message,
            image: self.image.clone(),
            restart_count: self.restarts,
            started: self.state.as_ref().and_then(|state| state.started),
            last_exit_code: self.last_exit,
        }
    }

    fn exit_status(&self, state: &ContainerState, instance: &Instance) -> (&'static str, String) {
        // Engines do not see every OOM kill (podman misses those of cgroups v1). A SIGKILL that
        // the platform did not send to a container with a memory limit is treated as one.
        let limited = instance.deployment.as_ref().is_some_and(|deployment| {
            let mut containers = deployment.spec.containers.iter();
            containers.any(|c| c.name == self.name && c.resources.limits.memory.is_some())
        });
        let oom = state.oom_killed || (state.exit_code == 137 && limited && !self.stopped);
        let (status, message) = match state.exit_code {
            _ if oom => ("FAILED", "Container was OOMKilled due to resource usage"),
            0 => ("DONE", "Completed successfully"),
            // The shell's exit codes for a program that cannot be run.
            126 | 127 => ("FAILED", "Encountered fatal error while running, check container logs"),
            _ => ("FAILED", "User application error, check container logs"),
        };
        (status, message.to_owned())
    }
}

impl Waiting {
    pub(super) fn message(self) -> &'static str {
        match self {
            Waiting::Start => "Waiting to start",
            Waiting::Node => "Compute pool node(s) are being provisioned",
            Waiting::Image => "Failed to pull image",
        }
    }
}

impl Instance {
    /// A new instance without running containers.
    pub(super) fn new(id: u32, deployment: Arc<Deployment>) -> Instance {
        let containers = deployment.spec.containers.iter();
        let image = |name: &str| match deployment.images.get(name) {
            Some(image) => image.clone(),
            None => PinnedImage { path: String::new(), digest: String::new() },
        };
        Instance {
            id,
            spec_digest: deployment.spec_digest.clone(),
            created: SystemTime::now(),
            terminating: false,
            waiting: Waiting::Start,
            retry_at: Instant::now(),
            attempts: 0,
            containers: containers.map(|c| ContainerRun::new(&c.name, image(&c.name))).collect(),
            deployment: Some(deployment),
        }
    }

    /// Sets or clears the start error of all missing containers. Their logs show it.
    pub(super) fn set_start_error(&mut self, error: Option<&RuntimeError>) {
        for container in self.containers.iter_mut().filter(|container| container.state.is_none()) {
            container.start_error = error.map(|error| format!("{error}\n"));
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.terminating && !self.containers.is_empty() && self.containers.iter().all(|c| c.ready)
    }

    pub(super) fn observe(&self) -> InstanceObservation {
        let containers: Vec<_> = self.containers.iter().map(|c| c.observe(self)).collect();
        let all = |status: &str| containers.iter().all(|container| container.status == status);
        let status = if self.terminating {
            "TERMINATING"
        } else if all("READY") {
            "READY"
        } else if all("DONE") {
            "SUCCEEDED"
        } else if containers.iter().any(|container| container.status == "FAILED") {
            "FAILED"
        } else {
            "PENDING"
        };
        let first = self.containers.first().and_then(|container| container.state.as_ref());
        InstanceObservation {
            id: self.id,
            status,
            spec_digest: self.spec_digest.clone(),
            created: self.created,
            started: first.and_then(|state| state.started),
            ip_address: first.and_then(|state| state.ip_address.clone()),
            containers,
        }
    }
}
