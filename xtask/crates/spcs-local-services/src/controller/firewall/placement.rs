//! Where an instance runs, as far as the firewall rules depend on it.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use spcs_local_spec::Ports;

use crate::controller::instance::Instance;
use crate::runtime::Phase;
use crate::service::{Deployment, EgressTarget};

/// A running instance.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::controller) struct Placement {
    /// Its address in its schema's network.
    pub(super) address: Ipv4Addr,
    /// All its addresses.
    pub(super) addresses: Vec<Ipv4Addr>,
    /// When it got them. A later instance may have the same address as one that has ended.
    pub(super) since: SystemTime,
    pub(super) endpoints: Vec<RangeInclusive<u16>>,
    pub(super) egress: Vec<EgressTarget>,
}

impl Placement {
    /// The placement of an instance, or `None` while it has no address. `network` is its schema's
    /// network and `deployment` the service's current one. Its egress applies to instances of
    /// earlier specifications too, and its endpoints to those whose specification is not known.
    pub(in crate::controller) fn of(
        instance: &Instance,
        deployment: &Deployment,
        network: &str,
    ) -> Option<Placement> {
        let state = instance.containers.first()?.state.as_ref()?;
        if state.phase == Phase::Exited {
            return None;
        }
        let spec = &instance.deployment.as_deref().unwrap_or(deployment).spec;
        let ports = spec.endpoints.iter().map(|endpoint| match &endpoint.ports {
            Ports::One(port) => *port..=*port,
            Ports::Range(ports) => ports.clone(),
        });
        Some(Placement {
            address: (*state.networks.get(network)?)?,
            addresses: state.networks.values().flatten().copied().collect(),
            since: state.started.unwrap_or(state.created),
            endpoints: ports.collect(),
            egress: deployment.egress.clone(),
        })
    }
}
