//! A runtime without containers: the same state machine, in memory, with faults on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{
    CONTAINER, ContainerNetwork, ContainerRequest, ContainerState, Phase, PullLogin, RuntimeError,
    SERVICE, VolumeRequest,
};

/// Containers that exist in memory only.
#[derive(Debug, Clone)]
pub struct FakeRuntime {
    ready_after: Duration,
    world: Arc<Mutex<World>>,
}

#[derive(Debug, Default)]
struct World {
    made: u64,
    containers: Vec<Container>,
    networks: BTreeSet<String>,
    volumes: BTreeMap<String, super::Labels>,
    pulls_fail: bool,
    pulls_hang: bool,
    removals_fail: bool,
    connects_fail: bool,
    stops_hang: bool,
    unready: BTreeSet<String>,
}

#[derive(Debug)]
struct Container {
    state: ContainerState,
    running_at: Instant,
    log: String,
}

impl Default for FakeRuntime {
    fn default() -> Self {
        FakeRuntime::new(Duration::ZERO)
    }
}

impl FakeRuntime {
    /// Containers run, and their probes succeed, this long after their start.
    pub fn new(ready_after: Duration) -> FakeRuntime {
        FakeRuntime { ready_after, world: Arc::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every pull fail, or none.
    pub fn fail_pulls(&self, fail: bool) {
        self.world().pulls_fail = fail;
    }

    /// Lets no pull come to an end, or every one.
    pub fn hang_pulls(&self, hang: bool) {
        self.world().pulls_hang = hang;
    }

    /// Lets every removal of a container fail, or none.
    pub fn fail_removals(&self, fail: bool) {
        self.world().removals_fail = fail;
    }

    /// Lets every change of a running container's networks fail, or none.
    pub fn fail_connects(&self, fail: bool) {
        self.world().connects_fail = fail;
    }

    /// Lets containers that are stopped take the whole of their grace.
    pub fn hang_stops(&self, hang: bool) {
        self.world().stops_hang = hang;
    }

    /// The networks of the containers of this name.
    pub fn networks(&self, container: &str) -> Vec<String> {
        let world = self.world();
        let named = world.containers.iter().filter(|e| e.state.label(CONTAINER) == container);
        named.flat_map(|entry| entry.state.networks.clone()).collect()
    }

    /// Ends the running containers of this name as if their process had exited.
    pub fn exit(&self, container: &str, code: i32, oom_killed: bool) {
        for entry in &mut self.world().containers {
            if entry.state.label(CONTAINER) == container && entry.state.phase != Phase::Exited {
                entry.state.phase = Phase::Exited;
                entry.state.exit_code = code;
                entry.state.oom_killed = oom_killed;
            }
        }
    }

    /// Lets the probes of containers of this name fail, or succeed again.
    pub fn set_unready(&self, container: &str, unready: bool) {
        let mut world = self.world();
        if unready {
            world.unready.insert(container.to_owned());
        } else {
            world.unready.remove(container);
        }
    }

    /// Puts a line into the log of the containers of this name.
    pub fn write_log(&self, container: &str, line: &str) {
        for entry in &mut self.world().containers {
            if entry.state.label(CONTAINER) == container {
                entry.log.push_str(line);
                entry.log.push('\n');
            }
        }
    }

    /// Ids of all containers there are, in the order they were made.
    pub fn ids(&self) -> Vec<String> {
        self.world().containers.iter().map(|entry| entry.state.id.clone()).collect()
    }

    /// Names of all networks and volumes there are.
    pub fn leftovers(&self) -> Vec<String> {
        let world = self.world();
        world.networks.iter().chain(world.volumes.keys()).cloned().collect()
    }

    pub(super) async fn ensure_network(
        &self,
        name: &str,
        _internal: bool,
    ) -> Result<(), RuntimeError> {
        self.world().networks.insert(name.to_owned());
        Ok(())
    }

    pub(super) async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        let mut world = self.world();
        if world.connects_fail {
            return Err(told_to_fail(format!("connecting {id}")));
        }
        for entry in world.containers.iter_mut().filter(|entry| entry.state.id == id) {
            entry.state.networks.retain(|known| known != network);
            if connect {
                entry.state.networks.push(network.to_owned());
            }
        }
        Ok(())
    }

    pub(super) async fn remove_unused_network(&self, name: &str) {
        let mut world = self.world();
        let used =
            world.containers.iter().any(|entry| entry.state.networks.iter().any(|n| n == name));
        if !used {
            world.networks.remove(name);
        }
    }

    pub(super) async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        self.world().volumes.insert(request.name.clone(), request.labels.clone());
        Ok(())
    }

    pub(super) async fn volumes(
        &self,
        wanted: &[(&str, &str)],
    ) -> Result<Vec<String>, RuntimeError> {
        let world = self.world();
        let fits = |labels: &super::Labels| {
            wanted.iter().all(|(key, value)| labels.get(*key).is_some_and(|have| have == value))
        };
        let found = world.volumes.iter().filter(|(_, labels)| fits(labels));
        Ok(found.map(|(name, _)| name.clone()).collect())
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        self.world().volumes.remove(name);
        Ok(())
    }

    pub(super) async fn pull(&self, image: &str, _login: &PullLogin) -> Result<(), RuntimeError> {
        if self.world().pulls_fail {
            return Err(told_to_fail(format!("pulling {image}")));
        }
        if self.world().pulls_hang {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    pub(super) async fn remove_unused_image(&self, _image: &str) {}

    pub(super) async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        let mut world = self.world();
        if world.containers.iter().any(|entry| entry.state.name == request.name) {
            return Err(RuntimeError {
                doing: format!("starting {}", request.name),
                message: "the name is in use".to_owned(),
            });
        }
        world.made += 1;
        let id = format!("fake-{}", world.made);
        let labels = request.labels.clone();
        let mut ports = BTreeMap::new();
        let mut joined = Vec::new();
        if let ContainerNetwork::Own { networks, ports: published, .. } = &request.network {
            joined.clone_from(networks);
            for port in published {
                // The discard port of loopback refuses connections, which is what an absent
                // server should do.
                let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
                ports.insert(*port, nowhere);
            }
        }
        let address = Ipv4Addr::from_bits(0x0a00_0001 + world.made as u32);
        world.containers.push(Container {
            state: ContainerState {
                id: id.clone(),
                name: request.name.clone(),
                labels,
                phase: Phase::Created,
                exit_code: 0,
                oom_killed: false,
                created: SystemTime::now(),
                started: None,
                ip_address: Some(address.to_string()),
                networks: joined,
                ports,
            },
            running_at: Instant::now() + self.ready_after,
            log: format!("{} has started\n", request.name),
        });
        Ok(id)
    }

    /// Containers begin to run when somebody looks after their delay.
    fn advance(world: &mut World) {
        let now = Instant::now();
        for entry in &mut world.containers {
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
        let mut world = self.world();
        Self::advance(&mut world);
        let found = world.containers.iter().filter(|entry| entry.state.label(SERVICE) == service);
        Ok(found.map(|entry| entry.state.clone()).collect())
    }

    pub(super) async fn inspect(
        &self,
        ids: &[String],
    ) -> Result<Vec<ContainerState>, RuntimeError> {
        let mut world = self.world();
        Self::advance(&mut world);
        let found = world.containers.iter().filter(|entry| ids.contains(&entry.state.id));
        Ok(found.map(|entry| entry.state.clone()).collect())
    }

    pub(super) async fn stop(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        let hangs = self.world().stops_hang;
        if hangs {
            tokio::time::sleep(grace).await;
        }
        for entry in &mut self.world().containers {
            if entry.state.id == id && entry.state.phase != Phase::Exited {
                entry.state.phase = Phase::Exited;
                entry.state.exit_code = 143;
            }
        }
        Ok(())
    }

    pub(super) async fn remove(&self, id: &str) -> Result<(), RuntimeError> {
        let mut world = self.world();
        if world.removals_fail {
            return Err(told_to_fail(format!("removing {id}")));
        }
        world.containers.retain(|entry| entry.state.id != id);
        Ok(())
    }

    pub(super) async fn logs(
        &self,
        id: &str,
        lines: usize,
        timestamps: bool,
    ) -> Result<String, RuntimeError> {
        let world = self.world();
        let Some(entry) = world.containers.iter().find(|entry| entry.state.id == id) else {
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
        let unready = self.world().unready.contains(container.label(CONTAINER));
        container.phase == Phase::Running && !unready
    }
}

fn told_to_fail(doing: String) -> RuntimeError {
    RuntimeError { doing, message: "this runtime was told to fail".to_owned() }
}
