//! `spcs.toml`, read strictly: an unknown key or a value of the wrong form is an error with its line.

mod names;
mod order;
mod parse;
mod target;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use names::{HostPort, Identifier, Key, Variable, WarehouseSize};
pub(crate) use parse::{line_at, parse, table_line};
pub use target::{Engine, LocalTarget, Port, Target, TargetKind};

/// The whole of `spcs.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Names of what is set up once.
    pub deployment: Deployment,
    /// The account's roles that set it up.
    #[serde(default)]
    pub roles: Roles,
    /// The security integration older accounts need for ingress.
    #[serde(default)]
    pub ingress: Ingress,
    /// Where services with `egress = true` may connect to outside of Snowflake.
    #[serde(default)]
    pub egress: Egress,
    /// The public endpoints that commands go to.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// Compute pools.
    pub pools: BTreeMap<Key, Pool>,
    /// Container images.
    pub images: BTreeMap<Key, Image>,
    /// Services.
    pub services: BTreeMap<Key, Service>,
    /// Values for templates that are nobody else's.
    #[serde(default)]
    pub variables: BTreeMap<Key, toml::Spanned<Variable>>,
    /// Where to deploy to.
    pub target: BTreeMap<Key, Target>,
}

/// Names of what is set up once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The deployment's own name: it stands in the comment of every object.
    pub name: Key,
    /// The database.
    pub database: Identifier,
    /// The schema in it.
    #[serde(default = "Identifier::public")]
    pub schema: Identifier,
    /// The image repository in the schema.
    pub repository: Identifier,
    /// The role that may use the services.
    pub role: Identifier,
    /// The role that carries BIND SERVICE ENDPOINT, so that dropping it takes the grant away.
    pub endpoint_role: Identifier,
    /// The user that logs in at the endpoints.
    pub user: Identifier,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The stages in the schema.
    pub stages: Stages,
}

/// The warehouse.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// Its name.
    pub name: Identifier,
    /// Its size.
    pub size: WarehouseSize,
    /// Idle seconds until it is suspended.
    pub auto_suspend: u32,
}

/// The stages in the schema.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stages {
    /// For service specs.
    pub specs: Identifier,
    /// For data.
    pub data: Identifier,
    /// For the notebook's files.
    pub files: Identifier,
}

/// The account's roles that set things up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// Grants account privileges and makes integrations.
    pub account: Identifier,
    /// Makes roles and grants.
    pub security: Identifier,
    /// Makes users.
    pub user: Identifier,
    /// Owns the database, pools and services.
    pub system: Identifier,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            account: Identifier::literal("ACCOUNTADMIN"),
            security: Identifier::literal("SECURITYADMIN"),
            user: Identifier::literal("USERADMIN"),
            system: Identifier::literal("SYSADMIN"),
        }
    }
}

/// The security integration older accounts need for ingress.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ingress {
    /// Whether to make it if it is not there. It belongs to the account: it is never dropped.
    pub create_integration: bool,
    /// Its name.
    pub integration: Identifier,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            create_integration: false,
            integration: Identifier::literal("SNOWSERVICES_INGRESS_OAUTH"),
        }
    }
}

/// Where services may connect to outside of Snowflake. Without hosts no rule is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// `host:port`, without wildcards.
    pub hosts: Vec<HostPort>,
    /// The network rule in the schema.
    pub network_rule: Identifier,
    /// The external access integration.
    pub integration: Identifier,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            network_rule: Identifier::literal("MILVUS_EGRESS_RULE"),
            integration: Identifier::literal("MILVUS_EGRESS_EAI"),
        }
    }
}

/// The public endpoints that commands go to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// The one that `open` shows and whose URL `deploy` ends with.
    pub open: Option<toml::Spanned<Endpoint>>,
    /// The one that `verify` runs the notebook at.
    pub verify: Option<toml::Spanned<Endpoint>>,
}

/// One endpoint of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// A key of `[services]`.
    pub service: Key,
    /// Its name in the service's spec.
    pub endpoint: String,
}

/// A compute pool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Its name.
    pub name: Identifier,
    /// Its instance family.
    pub family: Identifier,
    /// At least one.
    pub min_nodes: u32,
    /// Not below `min_nodes`.
    pub max_nodes: u32,
    /// Idle seconds until it is suspended.
    #[serde(default = "one_hour")]
    pub auto_suspend: u32,
}

fn one_hour() -> u32 {
    3600
}

/// A container image. Its key is its name in the repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The folder that is sent to the engine.
    pub context: String,
    /// The Dockerfile in it, one for all targets or one for each kind of target.
    #[serde(default = "ByTarget::dockerfile")]
    pub dockerfile: ByTarget,
    /// The image that `ARG BASE` names, if the Dockerfile has one.
    #[serde(default)]
    pub base: Option<ByTarget>,
    /// Further build arguments.
    #[serde(default)]
    pub args: BTreeMap<String, String>,
}

/// A value for all kinds of target, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, or one for each kind of target: { local = \"…\", snowflake = \"…\" }"
)]
pub enum ByTarget {
    /// The same everywhere.
    Same(String),
    /// One for each kind of target.
    Each {
        /// On the local platform.
        local: String,
        /// On Snowflake.
        snowflake: String,
    },
}

impl ByTarget {
    fn dockerfile() -> Self {
        Self::Same("Dockerfile".to_owned())
    }

    /// The value for a kind of target.
    pub fn get(&self, kind: TargetKind) -> &str {
        match self {
            Self::Same(value) => value,
            Self::Each { local, snowflake } => match kind {
                TargetKind::Local => local,
                TargetKind::Snowflake => snowflake,
            },
        }
    }
}

/// A service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name in the schema.
    pub name: Identifier,
    /// Its spec, a file of the project that several services may share.
    pub spec: String,
    /// A key of `[pools]`.
    pub pool: Key,
    /// At least one.
    #[serde(default = "one")]
    pub min_instances: u32,
    /// Not below `min_instances`, and the same if missing.
    pub max_instances: Option<u32>,
    /// Keys of `[services]` that have to be ready before this one is started.
    #[serde(default)]
    pub after: Vec<toml::Spanned<Key>>,
    /// Whether it may connect to the hosts of `[egress]`. If missing, the files leave that alone.
    pub egress: Option<bool>,
    /// Whether its queries run in the warehouse. If missing, the files leave that alone.
    pub query_warehouse: Option<bool>,
    /// Values for its spec that are its own.
    #[serde(default)]
    pub variables: BTreeMap<Key, toml::Spanned<Variable>>,
}

impl Service {
    /// The most instances that run.
    pub fn max_instances(&self) -> u32 {
        self.max_instances.unwrap_or(self.min_instances)
    }
}

fn one() -> u32 {
    1
}
