//! An in-memory runtime for tests, with fault injection.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::network::{Network, Policy, Subnet};

use super::{
    CONTAINER, ContainerNetwork, ContainerRequest, ContainerState, Gateway, Phase, PullLogin,
    RuntimeError, SERVICE_KEY, VolumeRequest,
};

/// A runtime whose containers exist only in memory.
#[derive(Debug, Clone)]
pub struct FakeRuntime {
    ready_after: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    created_count: u64,
    containers: Vec<Container>,
    /// The networks with their gateways.
    networks: BTreeMap<String, Ipv4Addr>,
    network_count: u8,
    volumes: BTreeMap<String, super::Labels>,
    pulls_fail: bool,
    pulls_hang: bool,
    removals_fail: bool,
    connects_fail: bool,
    enforcements_fail: bool,
    address_count: u32,
    policy: Policy,
    stops_hang: bool,
    unready: BTreeSet<String>,
}

#[derive(Debug)]
struct Container {
    state: ContainerState,
    running_at: Instant,
    log: String,
}

impl State {
    /// A new address in a network, if it exists.
    fn next_address(&mut self, network: &str) -> Option<Ipv4Addr> {
        self.address_count += 1;
        let gateway = self.networks.get(network)?;
        Some(Ipv4Addr::from_bits(gateway.to_bits() + self.address_count))
    }
}

impl Default for FakeRuntime {
    fn default() -> Self {
        FakeRuntime::new(Duration::ZERO)
    }
}

impl FakeRuntime {
    /// Containers run, and their probes succeed, `ready_after` after their start.
    pub fn new(ready_after: Duration) -> FakeRuntime {
        FakeRuntime { ready_after, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes every pull fail, or none.
    pub fn fail_pulls(&self, fail: bool) {
        self.state().pulls_fail = fail;
    }

    /// Makes every pull hang, or none.
    pub fn hang_pulls(&self, hang: bool) {
        self.state().pulls_hang = hang;
    }

    /// Makes every removal of a container fail, or none.
    pub fn fail_removals(&self, fail: bool) {
        self.state().removals_fail = fail;
    }

    /// Makes every change of a running container's networks fail, or none.
    pub fn fail_connects(&self, fail: bool) {
        self.state().connects_fail = fail;
    }

    /// Makes every change of the firewall rules fail, or none.
    pub fn fail_enforcements(&self, fail: bool) {
        self.state().enforcements_fail = fail;
    }

    /// The rules in force.
    pub fn policy(&self) -> Policy {
        self.state().policy.clone()
    }

    /// Deletes the rules in force, as another program may do.
    pub fn delete_policy(&self) {
        self.state().policy = Policy::default();
    }

    /// Makes stopping a container take the whole grace period.
    pub fn hang_stops(&self, hang: bool) {
        self.state().stops_hang = hang;
    }

    /// The networks of the containers with this name.
    pub fn networks_of(&self, container: &str) -> Vec<String> {
        let state = self.state();
        let named = state.containers.iter().filter(|e| e.state.label(CONTAINER) == container);
        named.flat_map(|entry| entry.state.networks.keys().cloned()).collect()
    }

    /// Makes the running containers with this name exit.
    pub fn exit(&self, container: &str, code: i32, oom_killed: bool) {
        for entry in &mut self.state().containers {
            if entry.state.label(CONTAINER) == container && entry.state.phase != Phase::Exited {
                entry.state.phase = Phase::Exited;
                entry.state.exit_code = code;
                entry.state.oom_killed = oom_killed;
            }
        }
    }

    /// Makes the probes of containers with this name fail, or succeed again.
    pub fn set_unready(&self, container: &str, unready: bool) {
        let mut state = self.state();
        if unready {
            state.unready.insert(container.to_owned());
        } else {
            state.unready.remove(container);
        }
    }

    /// Appends a line to the log of the containers with this name.
    pub fn write_log(&self, container: &str, line: &str) {
        for entry in &mut self.state().containers {
            if entry.state.label(CONTAINER) == container {
                entry.log.push_str(line);
                entry.log.push('\n');
            }
        }
    }

    /// Ids of all containers, in the order of their creation.
    pub fn ids(&self) -> Vec<String> {
        self.state().containers.iter().map(|entry| entry.state.id.clone()).collect()
    }

    /// Names of all networks and volumes.
    pub fn leftovers(&self) -> Vec<String> {
        let state = self.state();
        state.networks.keys().chain(state.volumes.keys()).cloned().collect()
    }

    pub(super) async fn ensure_network(
        &self,
        name: &str,
        _internal: bool,
    ) -> Result<bool, RuntimeError> {
        let mut state = self.state();
        if state.networks.contains_key(name) {
            return Ok(false);
        }
        // Tests can connect from these addresses: all of 127.0.0.0/8 is this machine's.
        let gateway = Ipv4Addr::new(127, 83 + state.network_count % 100, 0, 1);
        state.network_count = state.network_count.wrapping_add(1);
        state.networks.insert(name.to_owned(), gateway);
        Ok(true)
    }

    pub(super) async fn gateway(&self, network: &str) -> Result<Option<Gateway>, RuntimeError> {
        let address = self.state().networks.get(network).copied();
        Ok(address.map(|address| Gateway { address, needs_resolver: false }))
    }

    pub(super) async fn networks(&self) -> Result<Vec<Network>, RuntimeError> {
        let state = self.state();
        let network = |(name, gateway): (&String, &Ipv4Addr)| Network {
            name: name.clone(),
            interface: format!("fake{}", gateway.octets()[1]),
            subnet: Subnet { address: Ipv4Addr::from_bits(gateway.to_bits() - 1), prefix: 16 },
            gateway: Some(*gateway),
        };
        Ok(state.networks.iter().map(network).collect())
    }

    pub(super) async fn enforce(&self, policy: &Policy) -> Result<(), RuntimeError> {
        let mut state = self.state();
        if state.enforcements_fail {
            return Err(injected_failure("changing the firewall rules".to_owned()));
        }
        state.policy = policy.clone();
        Ok(())
    }

    pub(super) async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        let mut state = self.state();
        if state.connects_fail {
            return Err(injected_failure(format!("connecting {id}")));
        }
        let address = state.next_address(network);
        for entry in state.containers.iter_mut().filter(|entry| entry.state.id == id) {
            entry.state.networks.remove(network);
            if connect {
                entry.state.networks.insert(network.to_owned(), address);
            }
        }
        Ok(())
    }

    pub(super) async fn remove_unused_network(&self, name: &str) -> bool {
        let mut state = self.state();
        let used = state.containers.iter().any(|entry| entry.state.networks.contains_key(name));
        !used && state.networks.remove(name).is_some()
    }

    pub(super) async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        self.state().volumes.insert(request.name.clone(), request.labels.clone());
        Ok(())
    }

    pub(super) async fn volumes(
        &self,
        wanted: &[(&str, &str)],
    ) -> Result<Vec<String>, RuntimeError> {
        let state = self.state();
        let fits = |labels: &super::Labels| {
            wanted.iter().all(|(key, value)| labels.get(*key).is_some_and(|have| have == value))
        };
        let found = state.volumes.iter().filter(|(_, labels)| fits(labels));
        Ok(found.map(|(name, _)| name.clone()).collect())
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        self.state().volumes.remove(name);
        Ok(())
    }

    pub(super) async fn pull(&self, image: &str, _login: &PullLogin) -> Result<(), RuntimeError> {
        if self.state().pulls_fail {
            return Err(injected_failure(format!("pulling {image}")));
        }
        if self.state().pulls_hang {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    pub(super) async fn remove_unused_image(&self, _image: &str) {}

    pub(super) async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        let mut state = self.state();
        if state.containers.iter().any(|entry| entry.state.name == request.name) {
            return Err(RuntimeError {
                doing: format!("starting {}", request.name),
                message: "the name is in use".to_owned(),
            });
        }
        state.created_count += 1;
        let id = format!("fake-{}", state.created_count);
        let labels = request.labels.clone();
        // No port is published: the address of the container itself refuses connections, until a
        // test listens there.
        let mut joined = BTreeMap::new();
        if let ContainerNetwork::Own { networks, .. } = &request.network {
            joined.extend(networks.iter().map(|name| (name.clone(), state.next_address(name))));
        }
        let address = joined.values().flatten().min().copied();
        state.containers.push(Container {
            state: ContainerState {
                id: id.clone(),
                name: request.name.clone(),
                labels,
                phase: Phase::Created,
                exit_code: 0,
                oom_killed: false,
                created: SystemTime::now(),
                started: None,
                ip_address: address.map(|address| address.to_string()),
                networks: joined,
                ports: BTreeMap::new(),
            },
            running_at: Instant::now() + self.ready_after,
            log: format!("{} has started\n", request.name),
        });
        Ok(id)
    }

    /// Marks containers as running once their start delay has passed.
    fn start_due_containers(state: &mut State) {
        let now = Instant::now();
        for entry in &mut state.containers {
            if entry.state.phase == Phase::Created && entry.running_at <= now {
                entry.state.phase = Phase::Running;
                entry.state.started = Some(SystemTime::now());
            }
        }
    }

    pub(super) async fn containers(
        &self,
        service: &str,
    ) -> Result<Vec<ContainerState>, RuntimeError> {
        let mut state = self.state();
        Self::start_due_containers(&mut state);
        let found =
            state.containers.iter().filter(|entry| entry.state.label(SERVICE_KEY) == service);
        Ok(found.map(|entry| entry.state.clone()).collect())
    }

    pub(super) async fn inspect(
        &self,
        ids: &[String],
    ) -> Result<Vec<ContainerState>, RuntimeError> {
        let mut state = self.state();
        Self::start_due_containers(&mut state);
        let found = state.containers.iter().filter(|entry| ids.contains(&entry.state.id));
        Ok(found.map(|entry| entry.state.clone()).collect())
    }

    pub(super) async fn stop(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        let hangs = self.state().stops_hang;
        if hangs {
            tokio::time::sleep(grace).await;
        }
        for entry in &mut self.state().containers {
            if entry.state.id == id && entry.state.phase != Phase::Exited {
                entry.state.phase = Phase::Exited;
                entry.state.exit_code = 143;
            }
        }
        Ok(())
    }

    pub(super) async fn remove(&self, id: &str) -> Result<(), RuntimeError> {
        let mut state = self.state();
        if state.removals_fail {
            return Err(injected_failure(format!("removing {id}")));
        }
        state.containers.retain(|entry| entry.state.id != id);
        Ok(())
    }

    pub(super) async fn logs(
        &self,
        id: &str,
        lines: usize,
        timestamps: bool,
    ) -> Result<String, RuntimeError> {
        let state = self.state();
        let Some(entry) = state.containers.iter().find(|entry| entry.state.id == id) else {
            return Err(RuntimeError {
                doing: format!("reading the logs of {id}"),
                message: "no such container".to_owned(),
            });
        };
        let all: Vec<&str> = entry.log.lines().collect();
        let skipped = all.len().saturating_sub(lines);
        let stamp = if timestamps { "1970-01-01T00:00:00.000000000Z " } else { "" };
        Ok(all[skipped..].iter().map(|line| format!("{stamp}{line}\n")).collect())
    }

    pub(super) fn probe(&self, container: &ContainerState) -> bool {
        let unready = self.state().unready.contains(container.label(CONTAINER));
        container.phase == Phase::Running && !unready
    }
}

fn injected_failure(doing: String) -> RuntimeError {
    RuntimeError { doing, message: "injected failure".to_owned() }
}
