//! The configuration of a platform, and the information it publishes while it runs.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use spcs_local_services::EngineCommand;
use spcs_local_services::gate::GateCommand;

/// The arguments of `start`.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// The directory for all state; created if missing.
    pub state_dir: PathBuf,
    /// The port on 127.0.0.1; 0 means the port of the last start, or any free port.
    pub port: u16,
    pub runtime: RuntimeChoice,
    pub timing: Timing,
}

/// Delays and timeouts. The defaults suit development; tests set their own.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The time from CREATE COMPUTE POOL or RESUME until the pool has a node.
    pub pool_start: Duration,
    /// How long SHOW ENDPOINTS shows a placeholder instead of the URL.
    pub endpoint_provisioning: Duration,
    /// The validity of session tokens.
    pub session_validity: Duration,
    /// The validity of master tokens.
    pub master_validity: Duration,
    /// The validity of the tokens with which containers log in. They get new ones every few minutes.
    pub service_token_validity: Duration,
    /// How long a login must wait after several failed ones; doubles with each further one.
    pub login_delay: Duration,
    /// How long a request waits for a running query before it returns "in progress".
    pub long_poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pool_start: Duration::from_secs(1),
            endpoint_provisioning: Duration::from_secs(1),
            session_validity: Duration::from_secs(3600),
            master_validity: Duration::from_secs(4 * 3600),
            service_token_validity: Duration::from_secs(3600),
            login_delay: Duration::from_secs(1),
            long_poll: Duration::from_secs(45),
        }
    }
}

/// What runs the containers of services.
#[derive(Debug, Clone)]
pub enum RuntimeChoice {
    /// No containers: each is reported as READY at once.
    Fake,
    /// Podman or Docker, and the command of the gate to the containers of a rootless podman.
    Engine(EngineCommand, Option<GateCommand>),
}

/// The path at which a running platform serves its [`PlatformIdentity`].
pub const IDENTITY_PATH: &str = "/platform";

/// Identifies the platform that listens on a port. Contains nothing confidential.
#[derive(Debug, Serialize, Deserialize, Clone, PartialEq, Eq)]
pub struct PlatformIdentity {
    /// The absolute path of the state directory.
    pub state_dir: PathBuf,
}

/// How clients reach a running platform; written to `<state_dir>/platform.json`.
#[derive(Serialize, Deserialize, Clone)]
pub struct Status {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    /// `127.0.0.1`.
    pub host: String,
    pub port: u16,
    /// The account identifier.
    pub account: String,
    /// The administrator's user name.
    pub user: String,
    /// The administrator's password.
    pub password: String,
    /// `host:port` of the image registry.
    pub registry: String,
    /// `localhost:port`, the parent of the endpoints' host names.
    pub ingress: String,
    /// The absolute path of the state directory.
    pub state_dir: PathBuf,
    /// The platform's process id.
    pub pid: u32,
}
