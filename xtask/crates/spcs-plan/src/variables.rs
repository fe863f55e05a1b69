//! The values that templates may name.

use std::collections::BTreeMap;

use crate::config::{Config, Key, Variable};
use crate::error::Error;
use crate::project::Project;
use crate::secret;

/// A value, by the places it may stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Letters, digits and underscores: safe anywhere.
    Identifier(String),
    /// Digits: safe anywhere.
    Number(u64),
    /// Anything: inside single quotes only.
    Text(String),
    /// `host:port`s, rendered with their quotes: outside quotes only.
    Texts(Vec<String>),
    /// A secret, by its name: inside single quotes only.
    Secret(&'static str),
}

/// Values by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Value>,
}

impl Variables {
    /// What `spcs.toml` says, without what depends on images that are built.
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
        for (key, pool) in &config.pools {
            variables.set(format!("{key}_pool"), Value::Identifier(pool.name.to_string()));
            variables.set(format!("{key}_pool_family"), Value::Identifier(pool.family.to_string()));
            variables.set(format!("{key}_pool_min_nodes"), Value::Number(pool.min_nodes.into()));
            variables.set(format!("{key}_pool_max_nodes"), Value::Number(pool.max_nodes.into()));
            let auto_suspend = Value::Number(pool.auto_suspend.into());
            variables.set(format!("{key}_pool_auto_suspend"), auto_suspend);
        }
        for (key, service) in &config.services {
            variables.set(format!("{key}_service"), Value::Identifier(service.name.to_string()));
            // Within the schema a service is found by its name, as DNS writes it.
            let host = service.name.to_lowercase().replace('_', "-");
            variables.set(format!("{key}_host"), Value::Text(host));
            if let Some(pool) = config.pools.get(&service.pool) {
                let pool = Value::Identifier(pool.name.to_string());
                variables.set(format!("{key}_service_pool"), pool);
            }
            variables.set(format!("{key}_instances"), Value::Number(service.instances.into()));
        }
        for (key, variable) in &config.variables {
            let value = match variable.get_ref() {
                Variable::Number(number) => Value::Number(number.unsigned_abs()),
                Variable::Text(text) => Value::Text(text.clone()),
            };
            variables.set(&**key, value);
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

/// The comment of every object that this deployment makes: it says whose the object is.
pub(crate) fn owner_comment(config: &Config) -> String {
    format!("managed by cargo xtask, deployment {}", config.deployment.name)
}

/// The variables that exist because the user listed something, with the line to blame when nothing
/// uses them.
pub(crate) fn user_defined(project: &Project) -> Vec<(String, Option<usize>)> {
    let config = &project.config;
    let text = &project.config_text;
    let line = |table: &str, key: &Key| crate::config::table_line(text, &format!("{table}.{key}"));
    let mut names = Vec::new();
    for key in config.pools.keys() {
        names.push((format!("{key}_pool"), line("pools", key)));
    }
    for key in config.images.keys() {
        names.push((format!("{key}_image"), line("images", key)));
    }
    for key in config.services.keys() {
        names.push((format!("{key}_service"), line("services", key)));
    }
    for (key, variable) in &config.variables {
        let at = crate::config::line_at(text, variable.span().start);
        names.push((key.to_string(), Some(at)));
    }
    names
}

/// The names that get their value only when a file is rendered: the target, images, specs.
fn set_later(config: &Config) -> Vec<String> {
    let images = config.images.keys().map(|key| format!("{key}_image"));
    let specs = config.services.keys().map(|key| format!("{key}_spec_file"));
    ["target", "spec_digest"].into_iter().map(str::to_owned).chain(images).chain(specs).collect()
}

/// A variable of `[variables]` must not hide another, and must fit a place in a template.
pub(crate) fn check(project: &Project) -> Result<(), Error> {
    let mut without = project.config.clone();
    without.variables.clear();
    let others = Variables::of(&without);
    let later = set_later(&project.config);
    for (key, variable) in &project.config.variables {
        let message = match variable.get_ref() {
            _ if others.get(key).is_some() || later.iter().any(|name| **name == **key) => {
                format!("the variable `{key}` is already defined")
            }
            Variable::Number(number) if *number < 0 => {
                format!("the variable `{key}` is negative: templates take whole numbers from 0")
            }
            Variable::Text(text) if text.chars().any(char::is_control) => {
                format!("the variable `{key}` holds a control character")
            }
            Variable::Text(text) if secret::has_marker(text) => {
                format!("the variable `{key}` looks like a secret's marker")
            }
            _ => continue,
        };
        let line = crate::config::line_at(&project.config_text, variable.span().start);
        return Err(Error::new(message).at("spcs.toml", line));
    }
    Ok(())
}
