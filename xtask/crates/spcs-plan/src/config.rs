//! The data model of `spcs.toml`. Parsing is strict: unknown keys and malformed values are errors.

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
    pub deployment: Deployment,
    /// The account's roles that run the SQL files.
    #[serde(default)]
    pub roles: Roles,
    #[serde(default)]
    pub ingress: Ingress,
    /// The hosts outside Snowflake that services with `egress = true` may connect to.
    #[serde(default)]
    pub egress: Egress,
    #[serde(default)]
    pub endpoints: Endpoints,
    pub pools: BTreeMap<Key, Pool>,
    pub images: BTreeMap<Key, Image>,
    pub services: BTreeMap<Key, Service>,
    /// Further values for templates.
    #[serde(default)]
    pub variables: BTreeMap<Key, toml::Spanned<Variable>>,
    /// Where to deploy to.
    pub target: BTreeMap<Key, Target>,
}

/// The objects that a deployment has once, by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The deployment's own name, part of the comment of every object.
    pub name: Key,
    pub database: Identifier,
    #[serde(default = "Identifier::public")]
    pub schema: Identifier,
    /// The image repository in the schema.
    pub repository: Identifier,
    /// The role that may use the services.
    pub role: Identifier,
    /// The role that holds BIND SERVICE ENDPOINT, so that dropping the role revokes the grant.
    pub endpoint_role: Identifier,
    /// The user that logs in at the endpoints.
    pub user: Identifier,
    pub warehouse: Warehouse,
    pub stages: Stages,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    pub name: Identifier,
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

/// The account's roles that run the SQL files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// Grants account privileges and creates integrations.
    pub account: Identifier,
    /// Creates roles and grants.
    pub security: Identifier,
    /// Creates users.
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

/// The security integration that older accounts need for ingress.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ingress {
    /// Whether to create it if it is missing. The whole account shares it, so it is never dropped.
    pub create_integration: bool,
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

/// The hosts outside Snowflake that services may connect to. Without hosts no rule is created.
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

/// The public endpoints that commands use.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Opened by `open`; `deploy` prints its URL.
    pub open: Option<toml::Spanned<Endpoint>>,
    /// `verify` runs the notebook through it.
    pub verify: Option<toml::Spanned<Endpoint>>,
}

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
    pub name: Identifier,
    /// Its instance family.
    pub family: Identifier,
    /// At least 1.
    pub min_nodes: u32,
    /// At least `min_nodes`.
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
    /// The build context, a folder of the project.
    pub context: String,
    /// The Dockerfile in the context, the same for all targets or one per kind of target.
    #[serde(default = "ByTarget::dockerfile")]
    pub dockerfile: ByTarget,
    /// The value of the Dockerfile's `ARG BASE`, if it has one.
    #[serde(default)]
    pub base: Option<ByTarget>,
    /// Further build arguments.
    #[serde(default)]
    pub args: BTreeMap<String, String>,
}

/// One value for all kinds of target, or one per kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a string, or one per kind of target: { local = \"…\", snowflake = \"…\" }"
)]
pub enum ByTarget {
    Same(String),
    Each { local: String, snowflake: String },
}

impl ByTarget {
    fn dockerfile() -> Self {
        Self::Same("Dockerfile".to_owned())
    }

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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name in the schema.
    pub name: Identifier,
    /// The path of its spec in the project. Several services may share one.
    pub spec: String,
    /// A key of `[pools]`.
    pub pool: Key,
    /// At least 1.
    #[serde(default = "one")]
    pub min_instances: u32,
    /// At least `min_instances`, which is also the default.
    pub max_instances: Option<u32>,
    /// Keys of `[services]` that must be ready before this one starts.
    #[serde(default)]
    pub after: Vec<toml::Spanned<Key>>,
    /// Whether it may connect to the hosts of `[egress]`. If missing, the setting is left as it is.
    pub egress: Option<bool>,
    /// Whether its queries run in the warehouse. If missing, the setting is left as it is.
    pub query_warehouse: Option<bool>,
    /// Variables for its spec only.
    #[serde(default)]
    pub variables: BTreeMap<Key, toml::Spanned<Variable>>,
}

impl Service {
    /// The largest number of instances that run.
    pub fn max_instances(&self) -> u32 {
        self.max_instances.unwrap_or(self.min_instances)
    }
}

fn one() -> u32 {
    1
}
