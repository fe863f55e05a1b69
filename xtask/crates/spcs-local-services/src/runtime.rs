//! Container runtimes: a container engine, or an in-memory fake for tests.
//!
//! Both implement the same few operations, which the controller needs. A runtime labels every
//! object that it creates, so that a later process can find it and `remove_all` can remove it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::container_address::ContainerAddress;
use crate::network::{Network, Policy};

mod command;
pub mod engine;
pub mod fake;
pub(crate) mod stage_mounts;

pub use command::{EngineCommand, EngineKind};
pub use engine::{EngineRuntime, exposure, remove_all};
pub use fake::FakeRuntime;

/// Label of every object: the id of the platform that created it.
pub const PLATFORM: &str = "spcs.platform";
/// Label: the key of the service of a container or volume.
pub const SERVICE_KEY: &str = "spcs.service-key";
/// Label: `DATABASE.SCHEMA.SERVICE` of a container or volume, for people. Names can be given again.
pub const SERVICE: &str = "spcs.service";
/// Label: instance id of a container or volume.
pub const INSTANCE: &str = "spcs.instance";
/// Label: a container's name in its specification.
pub const CONTAINER: &str = "spcs.container";
/// Label: digest of the specification and images that a container was created from.
pub const SPEC_DIGEST: &str = "spcs.spec-digest";
/// Label: `/db/schema/repo/image:tag` as in the specification.
pub const IMAGE: &str = "spcs.image";
/// Label: `sha256:…` digest of the image.
pub const IMAGE_DIGEST: &str = "spcs.image-digest";
/// Label: number of restarts of the container, this start included.
pub const RESTARTS: &str = "spcs.restarts";
/// Label: exit code of the previous run.
pub const LAST_EXIT: &str = "spcs.last-exit-code";

/// Name prefix of networks with internet access.
pub const EGRESS_NETWORK: &str = "spcs-egress-";

/// The platform's id in the `PLATFORM` label: a digest of the state directory's path.
pub fn platform_id(state_dir: &Path) -> String {
    let path = state_dir.canonicalize().unwrap_or_else(|_| state_dir.to_owned());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

pub type Labels = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub enum Runtime {
    /// podman or docker.
    Engine(EngineRuntime),
    /// No containers at all.
    Fake(FakeRuntime),
}

/// A failed runtime operation.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{doing}: {message}")]
pub struct RuntimeError {
    /// The operation, for example `pulling <image>`.
    pub doing: String,
    /// The engine's error message.
    pub message: String,
}

/// One container to start.
#[derive(Debug, Clone)]
pub struct ContainerRequest {
    /// Name in the engine.
    pub name: String,
    /// Labels, including `PLATFORM`.
    pub labels: Labels,
    /// `registry/db/schema/repo/image@sha256:…`.
    pub image: String,
    /// Overrides the image's ENTRYPOINT.
    pub command: Option<Vec<String>>,
    /// Overrides the image's CMD.
    pub args: Option<Vec<String>>,
    /// Environment variables. No secrets.
    pub env: Vec<(String, String)>,
    pub mounts: Vec<Mount>,
    pub network: ContainerNetwork,
    /// Memory limit in bytes.
    pub memory: Option<u64>,
    /// CPU limit in cores.
    pub cpus: Option<f64>,
    /// Time between SIGTERM and SIGKILL if it is stopped by anything other than the platform.
    pub stop_grace: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// An engine volume.
    Volume {
        /// Its name in the engine.
        name: String,
        /// Path in the container.
        target: String,
    },
    /// A host directory or file.
    Directory {
        /// Path on the host.
        source: PathBuf,
        /// Path in the container.
        target: String,
        read_only: bool,
    },
    /// A directory of a stage, with what containers have stored there. Nothing in it is a device or
    /// gives privileges.
    Stage {
        /// Path on the host.
        source: PathBuf,
        /// Path in the container.
        target: String,
        read_only: bool,
        /// Whether the source is a mount of [`stage_mounts`].
        is_mounted: bool,
    },
    /// A tmpfs that only this container uses.
    Memory {
        /// Path in the container.
        target: String,
        /// Size in bytes.
        size: u64,
    },
}

/// A container's network configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerNetwork {
    /// Its own network namespace, connected to these networks.
    Own {
        /// The schema's network first.
        networks: Vec<String>,
        names: ContainerNames,
        /// Container ports to publish on the host's loopback address.
        ports: Vec<u16>,
    },
    /// The network namespace of another container of the same instance.
    Shared {
        /// That container's id.
        container: String,
    },
}

/// How a container resolves names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerNames {
    /// The platform's resolver answers at this address.
    Platform(Ipv4Addr),
    /// The engine's resolver answers.
    Engine {
        /// The container's names in its networks.
        aliases: Vec<String>,
        /// More names that the container knows.
        hosts: Vec<(String, Ipv4Addr)>,
    },
}

/// The host's address in a network, at which the platform can serve the network's containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gateway {
    pub address: Ipv4Addr,
    /// Whether the network has no resolver of the engine's, so that the platform's takes its place.
    pub needs_resolver: bool,
}

/// A volume to create.
#[derive(Debug, Clone)]
pub struct VolumeRequest {
    /// Name in the engine.
    pub name: String,
    /// Labels, including `PLATFORM`.
    pub labels: Labels,
    /// Size in bytes if the volume is a tmpfs.
    pub memory: Option<u64>,
    /// User and group id of the owner, if not root.
    pub owner: Option<(u32, u32)>,
}

/// Credentials for pulling from the platform's registry.
#[derive(Clone)]
pub struct PullLogin {
    /// `127.0.0.1:port`.
    pub registry: String,
    pub username: String,
    /// Only written to a file with mode 0600.
    pub password: String,
}

/// A container's state as reported by the runtime.
#[derive(Debug, Clone)]
pub struct ContainerState {
    /// Id in the runtime.
    pub id: String,
    /// Name in the engine.
    pub name: String,
    pub labels: Labels,
    pub phase: Phase,
    /// Exit code of the last run.
    pub exit_code: i32,
    /// Whether the kernel's OOM killer ended it.
    pub oom_killed: bool,
    pub created: SystemTime,
    /// Time of the last start.
    pub started: Option<SystemTime>,
    /// Address in the schema's network.
    pub ip_address: Option<String>,
    /// Networks of its own network namespace -> its address in them.
    pub networks: BTreeMap<String, Option<Ipv4Addr>>,
    /// Container port -> published host address.
    pub ports: BTreeMap<u16, SocketAddr>,
}

/// A container's lifecycle phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Created but not started.
    Created,
    Running,
    Exited,
}

impl ContainerState {
    /// A label's value, or an empty string if the container lacks the label.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Calls an operation on the configured runtime.
macro_rules! dispatch {
    ($self:ident, $runtime:ident => $call:expr) => {
        match $self {
            Runtime::Engine($runtime) => $call.await,
            Runtime::Fake($runtime) => $call.await,
        }
    };
}

impl Runtime {
    /// Creates a network if it does not exist, and returns whether it did not. An internal network
    /// has no access to the internet.
    pub async fn ensure_network(&self, name: &str, internal: bool) -> Result<bool, RuntimeError> {
        dispatch!(self, runtime => runtime.ensure_network(name, internal))
    }

    /// The gateway of an existing network, if it is an address of this machine.
    pub async fn gateway(&self, network: &str) -> Result<Option<Gateway>, RuntimeError> {
        dispatch!(self, runtime => runtime.gateway(network))
    }

    /// Connects a running container to a network, or disconnects it.
    pub async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.connect(id, network, connect))
    }

    /// All networks of the platform.
    pub async fn networks(&self) -> Result<Vec<Network>, RuntimeError> {
        dispatch!(self, runtime => runtime.networks())
    }

    /// Puts the rules in force where this machine can enforce them.
    pub async fn enforce(&self, policy: &Policy) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.enforce(policy))
    }

    /// How to connect to an address of a container.
    pub fn reach(&self, address: SocketAddr) -> ContainerAddress {
        match self {
            Runtime::Engine(engine) => engine.reach(address),
            Runtime::Fake(_) => address.into(),
        }
    }

    /// Whether the containers are in a network namespace that only the gate leads to.
    pub async fn has_gate(&self) -> Result<bool, RuntimeError> {
        match self {
            Runtime::Engine(engine) => engine.has_gate().await,
            Runtime::Fake(_) => Ok(false),
        }
    }

    /// Whether user ids in containers differ from those on the host.
    pub async fn is_rootless(&self) -> Result<bool, RuntimeError> {
        match self {
            Runtime::Engine(engine) => engine.is_rootless().await,
            Runtime::Fake(_) => Ok(false),
        }
    }

    /// Whether the engine runs as root on this machine, so that it sees the mounts of this process.
    pub async fn mounts_from_host(&self) -> Result<bool, RuntimeError> {
        match self {
            Runtime::Engine(engine) => engine.mounts_from_host().await,
            Runtime::Fake(_) => Ok(false),
        }
    }

    /// Removes a network if it is unused. Returns whether it did.
    pub async fn remove_unused_network(&self, name: &str) -> bool {
        dispatch!(self, runtime => runtime.remove_unused_network(name))
    }

    /// Creates a volume if it does not exist.
    pub async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.ensure_volume(request))
    }

    /// Names of the volumes with all these labels.
    pub async fn volumes(&self, labels: &[(&str, &str)]) -> Result<Vec<String>, RuntimeError> {
        dispatch!(self, runtime => runtime.volumes(labels))
    }

    /// Removes an unused volume.
    pub async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.remove_volume(name))
    }

    /// Pulls an image if it is not present.
    pub async fn pull(&self, image: &str, login: &PullLogin) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.pull(image, login))
    }

    /// Removes an image if it is unused.
    pub async fn remove_unused_image(&self, image: &str) {
        dispatch!(self, runtime => runtime.remove_unused_image(image));
    }

    /// Creates and starts a container, and returns its id.
    pub async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        dispatch!(self, runtime => runtime.run(request))
    }

    /// The containers of the service with this key.
    pub async fn containers(&self, service: &str) -> Result<Vec<ContainerState>, RuntimeError> {
        dispatch!(self, runtime => runtime.containers(service))
    }

    /// The current state of the given containers. Containers that do not exist are omitted.
    pub async fn inspect(&self, ids: &[String]) -> Result<Vec<ContainerState>, RuntimeError> {
        dispatch!(self, runtime => runtime.inspect(ids))
    }

    /// Sends SIGTERM, then SIGKILL if the container has not exited after `grace`.
    pub async fn stop(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.stop(id, grace))
    }

    /// Removes a container, killing it if it is running.
    pub async fn remove(&self, id: &str) -> Result<(), RuntimeError> {
        dispatch!(self, runtime => runtime.remove(id))
    }

    /// The last lines of a container's log, stdout and stderr interleaved.
    pub async fn logs(
        &self,
        id: &str,
        lines: usize,
        timestamps: bool,
    ) -> Result<String, RuntimeError> {
        dispatch!(self, runtime => runtime.logs(id, lines, timestamps))
    }

    /// Whether `GET path` on a container's port succeeds.
    pub async fn probe(
        &self,
        container: &ContainerState,
        address: Option<SocketAddr>,
        path: &str,
        timeout: Duration,
    ) -> bool {
        match self {
            Runtime::Engine(engine) => match address {
                Some(address) => {
                    engine::probe::succeeds(engine.reach(address), path, timeout).await
                }
                None => false,
            },
            Runtime::Fake(fake) => fake.probe(container),
        }
    }
}
