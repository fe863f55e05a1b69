//! The firewall rules for the instances of all services.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::lock;
use crate::network::{Destination, Member, Network, Policy};
use crate::runtime::{Runtime, RuntimeError};
use crate::service::EgressTarget;

mod placement;
mod resolved;

pub(super) use placement::Placement;
pub(super) use resolved::Resolved;

/// What the rules depend on, and which rules are in force.
pub(super) struct Firewall {
    runtime: Runtime,
    facts: Mutex<Facts>,
    /// Held while rules are put in force, so that older ones never replace newer ones.
    in_force: tokio::sync::Mutex<Option<InForce>>,
}

struct InForce {
    policy: Policy,
    since: Instant,
}

#[derive(Default)]
struct Facts {
    /// `None` until the engine was asked.
    networks: Option<Vec<Network>>,
    instances: BTreeMap<(String, u32), Placement>,
    resolved: Resolved,
    platform_ports: Vec<u16>,
    /// Whether the platform's resolver cannot be in the containers' networks. The names of egress
    /// targets are not resolved then, and their ports are open to every address.
    names_are_open: bool,
}

impl Firewall {
    pub(super) fn new(runtime: Runtime, resolved: Resolved) -> Firewall {
        let facts = Facts { resolved, ..Facts::default() };
        Firewall { runtime, facts: Mutex::new(facts), in_force: Default::default() }
    }

    /// Makes the next enforcement ask the engine for its networks: one was created or removed.
    pub(super) fn networks_changed(&self) {
        self.facts().networks = None;
    }

    /// Sets or removes an instance. Returns when the rules for it are in force.
    pub(super) async fn set(
        &self,
        key: &str,
        instance: u32,
        placement: Option<Placement>,
    ) -> Result<(), RuntimeError> {
        {
            let mut facts = self.facts();
            let id = (key.to_owned(), instance);
            match placement {
                Some(placement) => facts.instances.insert(id, placement),
                None => facts.instances.remove(&id),
            };
        }
        self.enforce().await
    }

    /// Puts the current rules in force, unless they are.
    pub(super) async fn enforce(&self) -> Result<(), RuntimeError> {
        self.enforce_unless(|in_force, wanted| in_force.policy == *wanted).await
    }

    /// Puts the current rules in force again if they are older than a period: another program may
    /// have deleted all rules of this machine.
    pub(super) async fn enforce_again(&self, period: Duration) -> Result<(), RuntimeError> {
        let is_recent = |in_force: &InForce, wanted: &Policy| {
            let current = in_force.policy == *wanted;
            current && (wanted.networks.is_empty() || in_force.since.elapsed() < period)
        };
        self.enforce_unless(is_recent).await
    }

    async fn enforce_unless(
        &self,
        is_done: impl FnOnce(&InForce, &Policy) -> bool,
    ) -> Result<(), RuntimeError> {
        let mut in_force = self.in_force.lock().await;
        if self.facts().networks.is_none() {
            let names_are_open = self.runtime.has_gate().await?;
            let networks = self.runtime.networks().await?;
            let mut facts = self.facts();
            facts.names_are_open = names_are_open;
            facts.networks = Some(networks);
        }
        let policy = self.facts().policy();
        if in_force.as_ref().is_some_and(|in_force| is_done(in_force, &policy)) {
            return Ok(());
        }
        self.runtime.enforce(&policy).await?;
        *in_force = Some(InForce { policy, since: Instant::now() });
        Ok(())
    }

    /// The service of the instance with an address.
    pub(super) fn service_at(&self, address: IpAddr) -> Option<String> {
        let IpAddr::V4(address) = address.to_canonical() else { return None };
        let facts = self.facts();
        let (key, _) =
            facts.current().find(|(_, placement)| placement.addresses.contains(&address))?;
        Some(key.to_owned())
    }

    /// Whether an instance that is not known yet may have an address.
    pub(super) fn may_have_instance_at(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address.to_canonical() else { return false };
        let facts = self.facts();
        let networks = facts.networks.as_ref();
        networks.is_none_or(|all| all.iter().any(|network| network.has_room_for(address)))
    }

    /// Opens addresses that a service's egress target resolves to. Returns when the rules for them
    /// are in force.
    pub(super) async fn allow_egress(
        &self,
        key: &str,
        host: &str,
        addresses: &[IpAddr],
    ) -> Result<(), RuntimeError> {
        let addresses = addresses.iter().filter_map(|address| match address.to_canonical() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        });
        self.facts().resolved.add(key, host, addresses);
        self.enforce().await
    }

    /// Forgets what the targets of a removed service resolved to.
    pub(super) fn forget(&self, key: &str) {
        self.facts().resolved.remove(key);
    }

    pub(super) fn set_platform_ports(&self, ports: Vec<u16>) {
        self.facts().platform_ports = ports;
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.facts)
    }
}

impl Facts {
    /// The instances, without those whose address a later one has.
    fn current(&self) -> impl Iterator<Item = (&str, &Placement)> {
        let is_current = |placement: &Placement| {
            let mut later = self.instances.values().filter(|other| other.since > placement.since);
            !later.any(|other| {
                other.addresses.iter().any(|address| placement.addresses.contains(address))
            })
        };
        let all = self.instances.iter().filter(move |(_, placement)| is_current(placement));
        all.map(|((key, _), placement)| (key.as_str(), placement))
    }

    fn policy(&self) -> Policy {
        let members = self.current().map(|(key, placement)| {
            let targets = placement.egress.iter();
            let egress: BTreeSet<Destination> =
                targets.flat_map(|target| self.destinations(key, target)).collect();
            Member {
                address: placement.address,
                addresses: placement.addresses.clone(),
                endpoints: placement.endpoints.clone(),
                egress: egress.into_iter().collect(),
            }
        });
        Policy {
            members: members.collect(),
            networks: self.networks.clone().unwrap_or_default(),
            platform_ports: self.platform_ports.clone(),
        }
    }

    fn destinations(&self, key: &str, target: &EgressTarget) -> Vec<Destination> {
        let port = target.port;
        match target.host.parse() {
            Ok(Ipv4Addr::UNSPECIFIED) => vec![Destination { address: None, port }],
            Ok(address) => vec![Destination { address: Some(address), port }],
            Err(_) if self.names_are_open => vec![Destination { address: None, port }],
            Err(_) => {
                let resolved = self.resolved.addresses(key, &target.host);
                resolved.map(|address| Destination { address: Some(address), port }).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn an_address_belongs_to_the_instance_that_got_it_last() {
        let placement = |age| Placement {
            address: Ipv4Addr::new(10, 0, 0, 2),
            addresses: vec![Ipv4Addr::new(10, 0, 0, 2)],
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(age),
            endpoints: vec![8000..=8000],
            egress: Vec::new(),
        };
        let mut facts = Facts::default();
        facts.instances.insert(("A".to_owned(), 0), placement(1));
        facts.instances.insert(("B".to_owned(), 0), placement(2));
        let keys: Vec<&str> = facts.current().map(|(key, _)| key).collect();
        assert_eq!(keys, ["B"]);
        assert_eq!(facts.policy().members.len(), 1);
    }
}
