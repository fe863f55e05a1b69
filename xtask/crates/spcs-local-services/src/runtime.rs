//! What runs containers: a container engine, or a stand-in without containers for tests.
//!
//! The operations are the few that the controller needs, and the same for both. Everything a
//! runtime makes is labelled, so that a later process finds it again and `remove_all` can take
//! it away.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

mod command;
pub mod engine;
pub mod fake;

pub use command::{EngineCommand, EngineKind};
pub use engine::{EngineRuntime, remove_all};
pub use fake::FakeRuntime;

/// Label of every object: which platform made it.
pub const PLATFORM: &str = "spcs.platform";
/// `DATABASE.SCHEMA.SERVICE` of a container.
pub const SERVICE: &str = "spcs.service";
/// Instance id of a container.
pub const INSTANCE: &str = "spcs.instance";
/// A container's name in its specification.
pub const CONTAINER: &str = "spcs.container";
/// The specification and images a container was made from.
pub const SPEC_DIGEST: &str = "spcs.spec-digest";
/// `/db/schema/repo/image:tag` as in the specification.
pub const IMAGE: &str = "spcs.image";
/// `sha256:…` of the image.
pub const IMAGE_DIGEST: &str = "spcs.image-digest";
/// How often the container was started again before this start.
pub const RESTARTS: &str = "spcs.restarts";
/// Exit code of the run before this one.
pub const LAST_EXIT: &str = "spcs.last-exit-code";

/// How the name of the network begins that leads out of this machine.
pub const EGRESS_NETWORK: &str = "spcs-egress-";

/// The id that objects in the engine are labelled with: a digest of the state directory's path.
pub fn platform_id(state_dir: &Path) -> String {
    let path = state_dir.canonicalize().unwrap_or_else(|_| state_dir.to_owned());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// What runs the containers of all services.
#[derive(Debug, Clone)]
pub enum Runtime {
    /// podman or docker.
    Engine(EngineRuntime),
    /// No containers at all.
    Fake(FakeRuntime),
}

/// An engine call that failed, in its own words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{doing}: {message}")]
pub struct RuntimeError {
    /// What was being done.
    pub doing: String,
    /// What the engine said.
    pub message: String,
}

/// One container to start.
#[derive(Debug, Clone)]
pub struct ContainerRequest {
    /// Name in the engine.
    pub name: String,
    /// Labels, `PLATFORM` among them.
    pub labels: Labels,
    /// `registry/db/schema/repo/image@sha256:…`.
    pub image: String,
    /// Instead of the image's ENTRYPOINT.
    pub command: Option<Vec<String>>,
    /// Instead of the image's CMD.
    pub args: Option<Vec<String>>,
    /// Environment; no secrets.
    pub env: Vec<(String, String)>,
    /// What is mounted.
    pub mounts: Vec<Mount>,
    /// How it is connected.
    pub network: ContainerNetwork,
    /// Memory limit in bytes.
    pub memory: Option<u64>,
    /// CPU limit in cores.
    pub cpus: Option<f64>,
    /// Time between SIGTERM and SIGKILL when something else than the platform stops it.
    pub stop_grace: Duration,
}

/// A mount of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// A volume of the engine.
    Volume {
        /// Its name in the engine.
        name: String,
        /// Path in the container.
        target: String,
    },
    /// A directory of the host.
    Directory {
        /// Path on the host.
        source: PathBuf,
        /// Path in the container.
        target: String,
        /// Whether the container may only read it.
        read_only: bool,
    },
    /// Memory of the container's own.
    Memory {
        /// Path in the container.
        target: String,
        /// Bytes.
        size: u64,
    },
}

/// How a container is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerNetwork {
    /// A network name space of its own, in these networks.
    Own {
        /// The schema's network, then others.
        networks: Vec<String>,
        /// Names other containers of the network find it by.
        aliases: Vec<String>,
        /// Container ports to publish on loopback.
        ports: Vec<u16>,
    },
    /// The name space of another container of the instance.
    Shared {
        /// That container's id.
        container: String,
    },
}

/// One volume of the engine.
#[derive(Debug, Clone)]
pub struct VolumeRequest {
    /// Name in the engine.
    pub name: String,
    /// Labels, `PLATFORM` among them.
    pub labels: Labels,
    /// A size in bytes if it lives in memory.
    pub memory: Option<u64>,
    /// Owner, if not root.
    pub owner: Option<(u32, u32)>,
}

/// How the platform's registry lets the engine pull.
#[derive(Clone)]
pub struct PullLogin {
    /// `127.0.0.1:port`.
    pub registry: String,
    /// User to log in as.
    pub username: String,
    /// Password; it goes into a file with mode 0600 and nowhere else.
    pub password: String,
}

/// A container as the runtime sees it.
#[derive(Debug, Clone)]
pub struct ContainerState {
    /// The runtime's id.
    pub id: String,
    /// Name in the engine.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Where in its life it is.
    pub phase: Phase,
    /// Of the last exit.
    pub exit_code: i32,
    /// Whether the kernel killed it for its memory.
    pub oom_killed: bool,
    /// When it was made.
    pub created: SystemTime,
    /// When it last started.
    pub started: Option<SystemTime>,
    /// Address in the schema's network.
    pub ip_address: Option<String>,
    /// The networks that it is in by itself.
    pub networks: Vec<String>,
    /// Container port -> where it is reached from this machine.
    pub ports: BTreeMap<u16, SocketAddr>,
}

/// Where in its life a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Made, not started.
    Created,
    /// Its process runs.
    Running,
    /// Its process is gone.
    Exited,
}

impl ContainerState {
    /// A label's value, empty if it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Sends one operation to whichever runtime there is.
macro_rules! either {
    ($self:ident, $runtime:ident => $call:expr) => {
        match $self {
            Runtime::Engine($runtime) => $call.await,
            Runtime::Fake($runtime) => $call.await,
        }
    };
}

impl Runtime {
    /// Makes a network unless it is there; from an internal one nothing outside is reached.
    pub async fn ensure_network(&self, name: &str, internal: bool) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.ensure_network(name, internal))
    }

    /// Connects a running container to one more network, or takes it off.
    pub async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.connect(id, network, connect))
    }

    /// Whether the ids of users in containers are other ones on this machine.
    pub async fn is_rootless(&self) -> Result<bool, RuntimeError> {
        match self {
            Runtime::Engine(engine) => engine.is_rootless().await,
            Runtime::Fake(_) => Ok(false),
        }
    }

    /// Removes a network if nothing uses it any more.
    pub async fn remove_unused_network(&self, name: &str) {
        either!(self, runtime => runtime.remove_unused_network(name));
    }

    /// Makes a volume unless it is there.
    pub async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.ensure_volume(request))
    }

    /// Names of the volumes that carry all these labels.
    pub async fn volumes(&self, labels: &[(&str, &str)]) -> Result<Vec<String>, RuntimeError> {
        either!(self, runtime => runtime.volumes(labels))
    }

    /// Removes a volume that nothing uses.
    pub async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.remove_volume(name))
    }

    /// Brings an image in, unless it is there already.
    pub async fn pull(&self, image: &str, login: &PullLogin) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.pull(image, login))
    }

    /// Removes an image if nothing uses it any more.
    pub async fn remove_unused_image(&self, image: &str) {
        either!(self, runtime => runtime.remove_unused_image(image));
    }

    /// Makes and starts a container, and returns its id.
    pub async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        either!(self, runtime => runtime.run(request))
    }

    /// The containers of a service.
    pub async fn containers(&self, service: &str) -> Result<Vec<ContainerState>, RuntimeError> {
        either!(self, runtime => runtime.containers(service))
    }

    /// The present state of some containers; those that are gone are left out.
    pub async fn inspect(&self, ids: &[String]) -> Result<Vec<ContainerState>, RuntimeError> {
        either!(self, runtime => runtime.inspect(ids))
    }

    /// SIGTERM, and SIGKILL when it has not ended after `grace`.
    pub async fn stop(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.stop(id, grace))
    }

    /// Removes a container, killing it if it runs.
    pub async fn remove(&self, id: &str) -> Result<(), RuntimeError> {
        either!(self, runtime => runtime.remove(id))
    }

    /// The last lines that a container has written, both streams as the engine merges them.
    pub async fn logs(
        &self,
        id: &str,
        lines: usize,
        timestamps: bool,
    ) -> Result<String, RuntimeError> {
        either!(self, runtime => runtime.logs(id, lines, timestamps))
    }

    /// Whether `GET path` at a container's port is answered with a success.
    pub async fn probe(
        &self,
        container: &ContainerState,
        address: Option<SocketAddr>,
        path: &str,
        timeout: Duration,
    ) -> bool {
        match self {
            Runtime::Engine(_) => match address {
                Some(address) => engine::probe::answers(address, path, timeout).await,
                None => false,
            },
            Runtime::Fake(fake) => fake.probe(container),
        }
    }
}
