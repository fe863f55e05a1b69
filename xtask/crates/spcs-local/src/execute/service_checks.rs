//! What must hold of a service: its counts, and what its owner needs for what it names.

use super::service_spec::Resolved;
use crate::catalog::{Actor, State, Target};
use crate::kind::compute_pool::FAMILIES;
use crate::kind::{Kind, Object};
use crate::sql::{Properties, SqlError, Value, parse_name};

/// Every instance is a set of containers on this one machine.
const MOST_INSTANCES: i64 = 512;
/// SPCS's limit for one service.
const MOST_INTEGRATIONS: usize = 10;

/// The names of the properties that a statement sets.
pub(super) fn set_names(set: &Properties) -> Vec<String> {
    set.iter().map(|(name, _)| name.clone()).collect()
}

/// A public endpoint needs a privilege of its own.
pub(super) fn check_public(
    state: &State,
    owner: &Actor,
    resolved: &Resolved,
) -> Result<(), SqlError> {
    let public = resolved.spec.endpoints.iter().any(|endpoint| endpoint.public);
    if public && !state.holds(&owner.primary, "BIND SERVICE ENDPOINT", &Target::Account) {
        return Err(SqlError::new(
            "003001",
            "42501",
            format!(
                "SQL access control error:\nInsufficient privileges: role '{}' needs BIND SERVICE \
                 ENDPOINT on the account for a public endpoint.",
                owner.role
            ),
        ));
    }
    Ok(())
}

/// An instance that asks for more than a node of its pool has can never be placed.
pub(super) fn fits_a_node(state: &State, pool: &str, resolved: &Resolved) -> Result<(), SqlError> {
    let family = state.account_object(Kind::ComputePool, pool).map(|pool| {
        let family = pool.shown("INSTANCE_FAMILY");
        FAMILIES.iter().find(|known| known.name == family)
    });
    let Some(family) = family.flatten() else { return Ok(()) };
    let requests = || resolved.spec.containers.iter().map(|container| container.resources.requests);
    // Whole thousandths: 0.1 + 2.7 + 0.2 is more than 3 otherwise.
    let thousandths = |cores: f64| (cores * 1000.0).round() as u64;
    let cpu: u64 = requests().filter_map(|amounts| amounts.cpu).map(thousandths).sum();
    let memory: u64 = requests().filter_map(|amounts| amounts.memory).sum();
    if cpu > u64::from(family.vcpu) * 1000 || memory > u64::from(family.memory_gib) << 30 {
        return Err(SqlError::new(
            "395018",
            "22023",
            format!(
                "SQL compilation error:\nInvalid spec: its containers request {} vCPU and {} MiB of \
                 memory, more than a node of {} has ({} vCPU, {} GiB).",
                cpu as f64 / 1000.0,
                memory >> 20,
                family.name,
                family.vcpu,
                family.memory_gib
            ),
        ));
    }
    Ok(())
}

/// The properties of a service: its counts, and those of the names in `set` that its owner must
/// be allowed to use.
pub(super) fn check_service(
    state: &State,
    owner: &Actor,
    object: &mut Object,
    set: &[String],
) -> Result<(), SqlError> {
    let low = object.number("MIN_INSTANCES");
    let high = object.number_or("MAX_INSTANCES", low.max(1));
    if low < 1 || high < low || high > MOST_INSTANCES {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_INSTANCES ({low}) or MAX_INSTANCES ({high}): MIN_INSTANCES is \
             at least 1, MAX_INSTANCES is not below it, and {MOST_INSTANCES} is the most."
        )));
    }
    let ready = object.number_or("MIN_READY_INSTANCES", low);
    if !(0..=low).contains(&ready) {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_READY_INSTANCES ({ready}): it is from 0 to MIN_INSTANCES ({low})."
        )));
    }
    if object.number("AUTO_SUSPEND_SECS") > 0 {
        return Err(SqlError::unsupported("AUTO_SUSPEND_SECS of services"));
    }
    let is_set = |name: &str| set.iter().any(|known| known == name);
    if is_set("EXTERNAL_ACCESS_INTEGRATIONS")
        && let Some(Value::List(names)) = object.properties.get_mut("EXTERNAL_ACCESS_INTEGRATIONS")
    {
        if names.len() > MOST_INTEGRATIONS {
            return Err(SqlError::invalid(format!(
                "a service takes at most {MOST_INTEGRATIONS} external access integrations."
            )));
        }
        for name in names {
            let path = parse_name(name)?.0;
            let kind = Kind::ExternalAccessIntegration;
            let integration = state.require(owner, kind, &path, &["USAGE"])?;
            if !integration.flag("ENABLED") {
                return Err(SqlError::invalid(format!("Integration '{name}' is not enabled.")));
            }
            *name = integration.name().to_owned();
        }
    }
    if is_set("QUERY_WAREHOUSE")
        && let Some(warehouse) = object.reference("QUERY_WAREHOUSE")
    {
        state.require(owner, Kind::Warehouse, &warehouse.0, &["USAGE"])?;
    }
    Ok(())
}
