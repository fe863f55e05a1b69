//! Services as the controller runs them: what the catalog asks for, and what is observed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use spcs_local_spec::ServiceSpec;

/// What a service shall be. The catalog makes one of every CREATE and ALTER SERVICE and hands it
/// to the controller, again after each restart of the platform.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// `DATABASE.SCHEMA.SERVICE`, unquoted upper case.
    pub key: String,
    /// The specification that was accepted.
    pub spec: ServiceSpec,
    /// Hex SHA-256 of the specification and the image digests.
    pub spec_digest: String,
    /// Container name -> the image it runs, pinned when the statement ran.
    pub images: BTreeMap<String, PinnedImage>,
    /// Instances to run; 0 while suspended.
    pub instances: u32,
    /// `@stage[/path]` as written in the spec -> what containers mount.
    pub stages: BTreeMap<String, StageVolume>,
    /// Content of `/snowflake/session/token`.
    pub session_token: String,
    /// `SNOWFLAKE_ACCOUNT`, `SNOWFLAKE_DATABASE` and so on; no secrets.
    pub environment: BTreeMap<String, String>,
    /// When the compute pool has a node for it; until then the service is PENDING.
    pub node_ready_at: SystemTime,
    /// Whether an external access integration is attached (else no egress).
    pub egress: bool,
}

/// A stage as a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageVolume {
    /// The directory that holds the stage's files.
    pub directory: PathBuf,
    /// Whether the service's owner may write to the stage; READ alone is a read-only mount.
    pub writable: bool,
}

/// An image as it was when the service was created or altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedImage {
    /// `/db/schema/repo/image:tag`, as in the spec.
    pub path: String,
    /// `sha256:…` of the manifest.
    pub digest: String,
}

/// Status of a whole service: `PENDING`, `RUNNING`, `FAILED`, `DONE`, `SUSPENDING`, `SUSPENDED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceObservation {
    /// The service's own status.
    pub status: &'static str,
    /// Whether instances still run an older specification.
    pub is_upgrading: bool,
    /// One per instance, by id.
    pub instances: Vec<InstanceObservation>,
}

/// One instance: `PENDING`, `READY`, `FAILED`, `TERMINATING`, `SUCCEEDED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceObservation {
    /// 0-based.
    pub id: u32,
    /// The instance's status.
    pub status: &'static str,
    /// The specification it runs.
    pub spec_digest: String,
    /// When it was created and when it started.
    pub created: SystemTime,
    /// `None` until it runs.
    pub started: Option<SystemTime>,
    /// Address inside the schema's network.
    pub ip_address: Option<String>,
    /// Its containers.
    pub containers: Vec<ContainerObservation>,
}

/// One container: `PENDING`, `READY`, `DONE`, `FAILED`, `UNKNOWN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerObservation {
    /// Name in the spec.
    pub name: String,
    /// The container's status.
    pub status: &'static str,
    /// Snowflake's wording, e.g. `Running`, `Readiness probe is failing at path: /healthz, port: 9091`.
    pub message: String,
    /// The image it runs.
    pub image: PinnedImage,
    /// Restarts since the instance was created.
    pub restart_count: u32,
    /// `None` until it has started.
    pub started: Option<SystemTime>,
    /// Exit code of the previous run.
    pub last_exit_code: Option<i32>,
}

/// The names a service is found by inside its schema's network: the bare one, and the whole one.
pub fn dns_aliases(key: &str) -> Vec<String> {
    vec![dns_label(key), dns_name(key)]
}

/// `<service>.<hash>.svc.spcs.internal`, SHOW SERVICES' `dns_name`.
pub fn dns_name(key: &str) -> String {
    let schema = key.rsplit_once('.').map_or("", |(schema, _)| schema);
    format!("{}.{}", dns_label(key), dns_domain(schema))
}

/// `<hash>.svc.spcs.internal` of a schema `DATABASE.SCHEMA`.
pub fn dns_domain(schema: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(schema.to_ascii_uppercase().as_bytes());
    let letters: String = digest.iter().take(4).map(|b| char::from(b'a' + b % 26)).collect();
    format!("{letters}.svc.spcs.internal")
}

/// A service's name as a DNS label: lower case, `-` for `_`.
fn dns_label(key: &str) -> String {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    name.to_ascii_lowercase().replace('_', "-")
}
