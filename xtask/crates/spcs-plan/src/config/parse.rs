//! Parses `spcs.toml` and checks the rules that involve more than one value.

use crate::config::{Config, Key, Pool, Service};
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

/// The 1-based line of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

/// The line of a table's header, for errors about the whole table.
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
        let Service { pool, min_instances, .. } = service;
        let max_instances = service.max_instances();
        let table = format!("services.{key}");
        if !config.pools.contains_key(pool) {
            let known: Vec<&str> = config.pools.keys().map(|k| &**k).collect();
            return wrong(
                &table,
                format!(
                    "service `{key}` uses the pool `{pool}`, which is not one of [pools]: {}",
                    known.join(", ")
                ),
            );
        }
        if *min_instances == 0 || max_instances < *min_instances {
            let message = format!(
                "service `{key}` needs 1 <= min_instances <= max_instances, not {min_instances} and {max_instances}"
            );
            return wrong(&table, message);
        }
        for other in &service.after {
            known_service(config, text, other.get_ref(), other.span().start)?;
        }
    }
    if let Some(cycle) = config.cycle() {
        let names: Vec<&str> = cycle.iter().map(|key| &***key).collect();
        return Err(Error::new(format!("services wait for each other: {}", names.join(" after ")))
            .at(FILE, after_line(config, text, &cycle))
            .with_hint("remove one of them from an `after`"));
    }
    for pool in config.pools.keys() {
        if !config.services.values().any(|service| service.pool == *pool) {
            let error = Error::new(format!("no service runs in the pool `{pool}`"));
            return Err(error
                .at(FILE, table_line(text, &format!("pools.{pool}")))
                .with_hint(format!("use it in a service, or remove [pools.{pool}]")));
        }
    }
    for endpoint in [&config.endpoints.open, &config.endpoints.verify].into_iter().flatten() {
        known_service(config, text, &endpoint.get_ref().service, endpoint.span().start)?;
    }
    let owner: &str = &config.roles.system;
    if NO_SERVICE_OWNERS.contains(&owner) {
        return wrong(
            "roles",
            format!("`{owner}` cannot own services: choose another role for `system`"),
        );
    }
    Ok(())
}

fn known_service(config: &Config, text: &str, key: &str, at: usize) -> Result<(), Error> {
    if config.services.contains_key(key) {
        return Ok(());
    }
    let known: Vec<&str> = config.services.keys().map(|key| &**key).collect();
    let hint = format!("choose one of {}", known.join(", "));
    let message = format!("there is no service `{key}`");
    Err(Error::new(message).at(FILE, line_at(text, at)).with_hint(hint))
}

/// The line where the first service of a cycle names the second.
fn after_line(config: &Config, text: &str, cycle: &[&Key]) -> Option<usize> {
    let [first, second, ..] = cycle else { return None };
    let named = config.services.get(*first)?.after.iter().find(|key| key.get_ref() == *second)?;
    Some(line_at(text, named.span().start))
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}
