//! Desired and observed state of services.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use spcs_local_files::{FilePath, Id};
use spcs_local_spec::ServiceSpec;

/// The desired state of a service. CREATE SERVICE and ALTER SERVICE each pass a new one to the
/// controller, and so does each restart of the platform.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// What [`service_key`] makes: names the service's files, containers and volumes.
    pub key: String,
    /// `DATABASE.SCHEMA.SERVICE`, unquoted: for DNS, labels and messages.
    pub name: String,
    /// The validated specification.
    pub spec: ServiceSpec,
    /// Hex SHA-256 of the specification and the image digests.
    pub spec_digest: String,
    /// Container name -> its image, resolved to a digest when the statement ran.
    pub images: BTreeMap<String, PinnedImage>,
    /// Number of instances; 0 while suspended.
    pub instances: u32,
    /// `@stage[/path]` as written in the specification -> the stage to mount.
    pub stages: BTreeMap<String, StageVolume>,
    /// Issues the contents of `/snowflake/session/token`.
    pub session_tokens: TokenSource,
    /// Content of `/snowflake/session/ingress_key`: the ingress sends it with each request, so that
    /// containers can tell its requests from those of others.
    pub ingress_key: String,
    /// `SNOWFLAKE_ACCOUNT`, `SNOWFLAKE_DATABASE` and so on. No secrets.
    pub environment: BTreeMap<String, String>,
    /// When the compute pool will have a node for the service. Until then it is PENDING.
    pub node_ready_at: Instant,
    /// What the network rules of the service's external access integrations list. Without any it
    /// has no egress.
    pub egress: Vec<EgressTarget>,
}

/// A host and port that a service may connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EgressTarget {
    /// A host name in lower case or an IPv4 address. `0.0.0.0` means every address.
    pub host: String,
    pub port: u16,
}

/// Issues the session tokens of a service's containers. A token is valid for some time, so
/// containers get new ones from time to time.
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> String + Send + Sync>);

impl TokenSource {
    pub fn new(issue: impl Fn() -> String + Send + Sync + 'static) -> TokenSource {
        TokenSource(Arc::new(issue))
    }

    pub(crate) fn issue(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

/// A stage to mount as a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageVolume {
    /// The id of the stage.
    pub stage: Id,
    /// The directory in the stage.
    pub path: FilePath,
    /// Whether the service's owner may write to the stage; otherwise the mount is read-only.
    pub writable: bool,
}

/// An image whose tag was resolved when the service was created or altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedImage {
    /// `/db/schema/repo/image:tag`, as in the specification.
    pub path: String,
    /// `sha256:…` digest of the manifest.
    pub digest: String,
}

/// Status of a whole service: `PENDING`, `RUNNING`, `FAILED`, `DONE`, `SUSPENDING`, `SUSPENDED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceObservation {
    pub status: &'static str,
    /// Whether an upgrade to a new specification is in progress.
    pub is_upgrading: bool,
    /// Sorted by id.
    pub instances: Vec<InstanceObservation>,
}

/// One instance: `PENDING`, `READY`, `FAILED`, `TERMINATING`, `SUCCEEDED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceObservation {
    pub id: u32,
    pub status: &'static str,
    /// Digest of the specification it runs.
    pub spec_digest: String,
    pub created: SystemTime,
    /// `None` until it has started.
    pub started: Option<SystemTime>,
    /// Address in the schema's network.
    pub ip_address: Option<String>,
    pub containers: Vec<ContainerObservation>,
}

/// One container: `PENDING`, `READY`, `DONE`, `FAILED`, `UNKNOWN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerObservation {
    /// Name in the specification.
    pub name: String,
    pub status: &'static str,
    /// In Snowflake's wording, for example `Running` or `Failed to pull image`.
    pub message: String,
    pub image: PinnedImage,
    /// Restarts since the instance was created.
    pub restart_count: u32,
    /// `None` until it has started.
    pub started: Option<SystemTime>,
    /// Exit code of the previous run.
    pub last_exit_code: Option<i32>,
}

/// The key of a service: the ids of its schema, which names the network, and of the service. A
/// service that is created again under the same name has another key.
pub fn service_key(schema: &Id, service: &Id) -> String {
    format!("{schema}.{service}")
}

/// A service's names in its schema's network: the short and the full one.
pub fn dns_aliases(name: &str) -> Vec<String> {
    vec![dns_label(name), dns_name(name)]
}

/// `<service>.<hash>.svc.spcs.internal`, as in the `dns_name` column of SHOW SERVICES.
pub fn dns_name(name: &str) -> String {
    let schema = name.rsplit_once('.').map_or("", |(schema, _)| schema);
    format!("{}.{}", dns_label(name), dns_domain(schema))
}

/// `<hash>.svc.spcs.internal` of the schema `DATABASE.SCHEMA`.
pub fn dns_domain(schema: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(schema.to_ascii_uppercase().as_bytes());
    let letters: String = digest.iter().take(4).map(|b| char::from(b'a' + b % 26)).collect();
    format!("{letters}.svc.spcs.internal")
}

/// A service's name as a DNS label: lower case, with `-` instead of `_`.
pub(crate) fn dns_label(full_name: &str) -> String {
    let name = full_name.rsplit_once('.').map_or(full_name, |(_, name)| name);
    name.to_ascii_lowercase().replace('_', "-")
}
