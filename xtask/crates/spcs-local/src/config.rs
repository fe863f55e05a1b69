//! What a platform is started with, and what it tells about itself while it runs.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use spcs_local_services::EngineCommand;

/// Everything that `start` needs.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// Where all state lives; made if it is not there.
    pub state_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes the one of the last start, or any that is free.
    pub port: u16,
    /// What runs the containers.
    pub runtime: RuntimeChoice,
    /// How long things take.
    pub timing: Timing,
}

/// How long things take. Tests inject their own; the defaults suit a developer's loop.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From CREATE COMPUTE POOL or RESUME until there is a node.
    pub pool_start: Duration,
    /// How long SHOW ENDPOINTS shows a placeholder instead of the URL.
    pub endpoint_provisioning: Duration,
    /// Life of a session token.
    pub session_validity: Duration,
    /// Life of a master token.
    pub master_validity: Duration,
    /// How long a request waits for a running query before it says "in progress".
    pub long_poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pool_start: Duration::from_secs(1),
            endpoint_provisioning: Duration::from_secs(1),
            session_validity: Duration::from_secs(3600),
            master_validity: Duration::from_secs(4 * 3600),
            long_poll: Duration::from_secs(45),
        }
    }
}

/// What runs the containers of services.
#[derive(Debug, Clone)]
pub enum RuntimeChoice {
    /// No containers: every one is READY as soon as it is asked for.
    Fake,
    /// podman or docker.
    Engine(EngineCommand),
}

/// Where a running platform tells which one it is, by a [`PlatformIdentity`].
pub const IDENTITY_PATH: &str = "/platform";

/// Which platform it is that answers on a port. Holds nothing that only its owner may know.
#[derive(Debug, Serialize, Deserialize, Clone, PartialEq, Eq)]
pub struct PlatformIdentity {
    /// Absolute path of its state directory.
    pub state_dir: PathBuf,
}

/// What a client needs to reach a running platform; written to `<state_dir>/platform.json`.
#[derive(Serialize, Deserialize, Clone)]
pub struct Status {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    /// `127.0.0.1`.
    pub host: String,
    /// The port that is listened on.
    pub port: u16,
    /// The account identifier.
    pub account: String,
    /// The administrator's name.
    pub user: String,
    /// The administrator's password.
    pub password: String,
    /// `host:port` of the image registry.
    pub registry: String,
    /// `localhost:port`, below which the endpoints' host names are.
    pub ingress: String,
    /// Absolute path of the state directory.
    pub state_dir: PathBuf,
    /// Process id of the platform.
    pub pid: u32,
}
