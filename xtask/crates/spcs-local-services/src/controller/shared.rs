//! The state of a service's task that the rest of the platform can read.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::LogsError;
use super::instance::{Instance, Waiting};
use crate::service::{
    ContainerObservation, Deployment, InstanceObservation, PinnedImage, ServiceObservation,
    dns_label,
};

/// The last report of a service's task, and the current deployment.
#[derive(Default)]
pub(super) struct Shared {
    /// `None` only for a service that is being removed without having been applied.
    deployment: Option<Arc<Deployment>>,
    instances: Vec<InstanceObservation>,
    /// True from a change of the specification until every instance is READY with it.
    upgrading: bool,
    addresses: Vec<BTreeMap<u16, SocketAddr>>,
    next_address: usize,
    containers: BTreeMap<(u32, String), LogSource>,
}

/// Where to read a container's log: from the container, or the error that prevented its start.
#[derive(Debug, Clone)]
pub(super) struct LogSource {
    pub(super) id: Option<String>,
    pub(super) error: Option<String>,
}

impl Shared {
    /// Sets a new deployment. Observations reflect it at once, even before the task has seen it, so
    /// that the status after ALTER SERVICE is never stale.
    pub(super) fn set_deployment(&mut self, deployment: Arc<Deployment>) {
        let differs =
            |instance: &InstanceObservation| instance.spec_digest != deployment.spec_digest;
        self.upgrading |= self.instances.iter().any(differs);
        self.deployment = Some(deployment);
    }

    /// Updates the report with the task's current state.
    pub(super) fn report<'a>(&mut self, instances: impl Iterator<Item = &'a Instance> + Clone) {
        self.instances = instances.clone().map(Instance::observe).collect();
        self.addresses =
            instances.clone().filter(|i| i.is_ready()).map(Instance::addresses).collect();
        self.containers = instances
            .flat_map(|instance| {
                instance.containers.iter().map(move |container| {
                    let id = container.state.as_ref().map(|state| state.id.clone());
                    let error = container.start_error.clone();
                    ((instance.id, container.name.clone()), LogSource { id, error })
                })
            })
            .collect();
        if let Some(deployment) = &self.deployment {
            let current = |instance: &InstanceObservation| {
                instance.spec_digest == deployment.spec_digest && instance.status == "READY"
            };
            let complete = self.instances.len() == deployment.instances as usize;
            if complete && self.instances.iter().all(current) {
                self.upgrading = false;
            } else if self.instances.iter().any(|i| i.spec_digest != deployment.spec_digest) {
                self.upgrading = true;
            }
        }
    }

    pub(super) fn observation(&self) -> Option<ServiceObservation> {
        let deployment = self.deployment.as_ref()?;
        let mut instances = self.instances.clone();
        for id in 0..deployment.instances {
            if !instances.iter().any(|instance| instance.id == id) {
                instances.push(pending_instance(id, deployment));
            }
        }
        instances.sort_by_key(|instance| instance.id);
        let count = |status: &str| instances.iter().filter(|i| i.status == status).count();
        let is_upgrading = self.upgrading && deployment.instances > 0;
        let desired = deployment.instances as usize;
        let status = match desired {
            0 if instances.is_empty() => "SUSPENDED",
            0 => "SUSPENDING",
            _ if count("READY") >= desired || (is_upgrading && count("READY") > 0) => "RUNNING",
            _ if count("FAILED") > 0 => "FAILED",
            _ if count("SUCCEEDED") == instances.len() => "DONE",
            _ => "PENDING",
        };
        Some(ServiceObservation { status, is_upgrading, instances })
    }

    pub(super) fn address(&mut self, port: u16) -> Option<SocketAddr> {
        let found: Vec<_> = self.addresses.iter().filter_map(|ports| ports.get(&port)).collect();
        self.next_address = self.next_address.wrapping_add(1);
        found.get(self.next_address % found.len().max(1)).map(|address| **address)
    }

    /// The addresses of the READY instances, or of all while none is READY, if the service has this
    /// DNS label and was applied.
    pub(super) fn addresses_of(&mut self, label: &str) -> Option<Vec<Ipv4Addr>> {
        self.deployment.as_ref().filter(|deployment| dns_label(&deployment.name) == label)?;
        let addresses = |ready: bool| {
            let instances = self.instances.iter().filter(|i| !ready || i.status == "READY");
            instances.filter_map(address_of).collect::<Vec<_>>()
        };
        let ready = addresses(true);
        let mut found = if ready.is_empty() { addresses(false) } else { ready };
        // Clients tend to use the first one.
        self.next_address = self.next_address.wrapping_add(1);
        if !found.is_empty() {
            let first = self.next_address % found.len();
            found.rotate_left(first);
        }
        Some(found)
    }

    /// Whether a network rule lists a host, or every host that is not a name in a local network.
    pub(super) fn has_egress_to(&self, host: &str) -> bool {
        let is_public = host.contains('.') && !host.ends_with(".internal");
        let mut targets = self.deployment.iter().flat_map(|deployment| &deployment.egress);
        targets.any(|target| target.host == host || (target.host == "0.0.0.0" && is_public))
    }

    pub(super) fn container(&self, instance: u32, name: &str) -> Result<LogSource, LogsError> {
        if let Some(source) = self.containers.get(&(instance, name.to_owned())) {
            return Ok(source.clone());
        }
        if self.instances.iter().any(|known| known.id == instance) {
            Err(LogsError::NoContainer(name.to_owned()))
        } else {
            Err(LogsError::NoInstance(instance))
        }
    }
}

fn address_of(instance: &InstanceObservation) -> Option<Ipv4Addr> {
    instance.ip_address.as_ref()?.parse().ok()
}

/// The observation of an instance that the task has not created yet.
fn pending_instance(id: u32, deployment: &Deployment) -> InstanceObservation {
    let waiting =
        if deployment.node_ready_at > Instant::now() { Waiting::Node } else { Waiting::Start };
    let container = |(name, image): (&String, &PinnedImage)| ContainerObservation {
        name: name.clone(),
        status: "PENDING",
        message: waiting.message().to_owned(),
        image: image.clone(),
        restart_count: 0,
        started: None,
        last_exit_code: None,
    };
    InstanceObservation {
        id,
        status: "PENDING",
        spec_digest: deployment.spec_digest.clone(),
        created: SystemTime::now(),
        started: None,
        ip_address: None,
        containers: deployment.images.iter().map(container).collect(),
    }
}
