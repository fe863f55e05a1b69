//! Reading `spcs.toml`, and the rules that concern more than one of its values.

use crate::config::{Config, Pool, Service};
use crate::error::Error;

const FILE: &str = "spcs.toml";

/// Account roles that Snowflake does not let own a service.
const NO_SERVICE_OWNERS: [&str; 3] = ["ACCOUNTADMIN", "SECURITYADMIN", "ORGADMIN"];

pub(crate) fn parse(text: &str) -> Result<Config, Error> {
    let config: Config = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_at(text, span.start));
        Error::new(first_line(error.message())).at(FILE, line)
    })?;
    check(&config, text)?;
    Ok(config)
}

/// The line of a byte offset, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

/// The line where a table is opened, for errors about the table as a whole.
pub(crate) fn table_line(text: &str, table: &str) -> Option<usize> {
    let header = format!("[{table}]");
    text.lines().position(|line| line.trim_start().starts_with(&header)).map(|at| at + 1)
}

fn check(config: &Config, text: &str) -> Result<(), Error> {
    let wrong =
        |table: &str, message: String| Err(Error::new(message).at(FILE, table_line(text, table)));
    for (key, pool) in &config.pools {
        let Pool { min_nodes, max_nodes, .. } = pool;
        if *min_nodes == 0 || max_nodes < min_nodes {
            return wrong(
                &format!("pools.{key}"),
                format!(
                    "pool `{key}` needs 1 <= min_nodes <= max_nodes, not {min_nodes} and {max_nodes}"
                ),
            );
        }
    }
    for (key, service) in &config.services {
        let Service { pool, instances, .. } = service;
        let table = format!("services.{key}");
        if !config.pools.contains_key(pool) {
            let known: Vec<&str> = config.pools.keys().map(|k| &**k).collect();
            return wrong(
                &table,
                format!(
                    "service `{key}` names the pool `{pool}`, which is not in [pools]: {}",
                    known.join(", ")
                ),
            );
        }
        if *instances == 0 {
            return wrong(&table, format!("service `{key}` needs at least one instance"));
        }
    }
    let owner: &str = &config.roles.system;
    if NO_SERVICE_OWNERS.contains(&owner) {
        return wrong(
            "roles",
            format!("`{owner}` may not own services: choose another role for `system`"),
        );
    }
    Ok(())
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}
