//! The variables of templates.

use std::collections::BTreeMap;

use crate::config::{Config, Pool, Service, Variable};
use crate::secret;

/// A value. Its type decides where it may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Letters, digits and underscores: allowed anywhere.
    Identifier(String),
    /// Digits: allowed anywhere.
    Number(u64),
    /// Any text: inside single quotes only.
    Text(String),
    /// A list of `host:port`, rendered with quotes: outside quotes only.
    Texts(Vec<String>),
    /// The name of a secret: inside single quotes only.
    Secret(&'static str),
}

/// The variables of files of `sql/` that are rendered for each service.
pub(crate) const SERVICE_VARIABLES: [&str; 5] =
    ["service", "service_pool", "spec_file", "min_instances", "max_instances"];

/// The variables of files of `sql/` that are rendered for each pool.
pub(crate) const POOL_VARIABLES: [&str; 5] =
    ["pool", "pool_family", "pool_min_nodes", "pool_max_nodes", "pool_auto_suspend"];

#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Value>,
}

impl Variables {
    /// The variables from `spcs.toml`, without those that depend on built images.
    pub(crate) fn of(config: &Config) -> Variables {
        let mut variables = Variables::default();
        let d = &config.deployment;
        for (name, identifier) in [
            ("account_role", &config.roles.account),
            ("security_role", &config.roles.security),
            ("user_role", &config.roles.user),
            ("system_role", &config.roles.system),
            ("database", &d.database),
            ("schema", &d.schema),
            ("repository", &d.repository),
            ("role", &d.role),
            ("endpoint_role", &d.endpoint_role),
            ("user", &d.user),
            ("warehouse", &d.warehouse.name),
            ("specs_stage", &d.stages.specs),
            ("data_stage", &d.stages.data),
            ("files_stage", &d.stages.files),
            ("ingress_integration", &config.ingress.integration),
            ("network_rule", &config.egress.network_rule),
            ("egress_integration", &config.egress.integration),
        ] {
            variables.set(name, Value::Identifier(identifier.to_string()));
        }
        let hosts = config.egress.hosts.iter().map(ToString::to_string).collect();
        variables.set("egress_hosts", Value::Texts(hosts));
        variables.set("warehouse_size", Value::Text(d.warehouse.size.to_string()));
        variables.set("warehouse_auto_suspend", Value::Number(d.warehouse.auto_suspend.into()));
        variables.set("owner_comment", Value::Text(owner_comment(config)));
        variables.set(secret::USER_PASSWORD, Value::Secret(secret::USER_PASSWORD));
        for (key, service) in &config.services {
            // Within the schema, the DNS name of a service is its name with dashes.
            let host = service.name.to_lowercase().replace('_', "-");
            variables.set(format!("{key}_host"), Value::Text(host));
        }
        for (key, variable) in &config.variables {
            variables.set(&**key, value_of(variable.get_ref()));
        }
        variables
    }

    /// The variables of a file of `sql/` that is rendered for each service.
    pub(crate) fn of_service(config: &Config, service: &Service, spec_file: &str) -> Variables {
        let mut variables = Variables::of(config);
        let pool = config.pools.get(&service.pool).map(|pool| pool.name.to_string());
        variables.set("service", Value::Identifier(service.name.to_string()));
        variables.set("service_pool", Value::Identifier(pool.unwrap_or_default()));
        variables.set("spec_file", Value::Text(spec_file.to_owned()));
        variables.set("min_instances", Value::Number(service.min_instances.into()));
        variables.set("max_instances", Value::Number(service.max_instances().into()));
        variables
    }

    /// The variables of a file of `sql/` that is rendered for each pool.
    pub(crate) fn of_pool(config: &Config, pool: &Pool) -> Variables {
        let mut variables = Variables::of(config);
        variables.set("pool", Value::Identifier(pool.name.to_string()));
        variables.set("pool_family", Value::Identifier(pool.family.to_string()));
        variables.set("pool_min_nodes", Value::Number(pool.min_nodes.into()));
        variables.set("pool_max_nodes", Value::Number(pool.max_nodes.into()));
        variables.set("pool_auto_suspend", Value::Number(pool.auto_suspend.into()));
        variables
    }

    /// The variables of a service's spec. The service's own variables take precedence.
    pub(crate) fn of_spec(config: &Config, service: &Service) -> Variables {
        let mut variables = Variables::of(config);
        for (key, variable) in &service.variables {
            variables.set(&**key, value_of(variable.get_ref()));
        }
        variables
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: Value) {
        self.values.insert(name.into(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// The comment of every object that this deployment creates. It identifies the owner.
pub(crate) fn owner_comment(config: &Config) -> String {
    format!("managed by cargo xtask, deployment {}", config.deployment.name)
}

fn value_of(variable: &Variable) -> Value {
    match variable {
        Variable::Number(number) => Value::Number(number.unsigned_abs()),
        Variable::Text(text) => Value::Text(text.clone()),
    }
}
