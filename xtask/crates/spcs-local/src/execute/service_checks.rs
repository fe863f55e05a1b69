//! Checks for CREATE and ALTER SERVICE: instance counts, node size, and the owner's privileges.

use super::service_spec::Resolved;
use crate::catalog::{Actor, State, Target};
use crate::kind::compute_pool::FAMILIES;
use crate::kind::{Kind, Object};
use crate::sql::{Properties, SqlError, Value, parse_name};

/// A limit of the local platform: all instances run on one machine.
const MAX_INSTANCES: i64 = 512;
/// SPCS's limit for one service.
const MAX_INTEGRATIONS: usize = 10;

/// The names of properties.
pub(super) fn set_names(set: &Properties) -> Vec<String> {
    set.iter().map(|(name, _)| name.clone()).collect()
}

/// Checks the privilege that a public endpoint requires.
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

/// Checks that an instance does not request more resources than a node of the pool has.
pub(super) fn check_fits_node(
    state: &State,
    pool: &str,
    resolved: &Resolved,
) -> Result<(), SqlError> {
    let family = state.account_object(Kind::ComputePool, pool).map(|pool| {
        let family = pool.shown("INSTANCE_FAMILY");
        FAMILIES.iter().find(|known| known.name == family)
    });
    let Some(family) = family.flatten() else { return Ok(()) };
    let requests = || resolved.spec.containers.iter().map(|container| container.resources.requests);
    // Compare integers: as floats, 0.1 + 2.7 + 0.2 is more than 3.
    let millicores = |cores: f64| (cores * 1000.0).round() as u64;
    let cpu: u64 = requests().filter_map(|amounts| amounts.cpu).map(millicores).sum();
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

/// Checks the properties of a service. For the properties in `set`, also checks that the owner may
/// use the objects they name.
pub(super) fn check_service(
    state: &State,
    owner: &Actor,
    object: &mut Object,
    set: &[String],
) -> Result<(), SqlError> {
    let low = object.number("MIN_INSTANCES");
    let high = object.number_or("MAX_INSTANCES", low.max(1));
    if low < 1 || high < low || high > MAX_INSTANCES {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_INSTANCES ({low}) or MAX_INSTANCES ({high}): MIN_INSTANCES must \
             be at least 1, and MAX_INSTANCES from MIN_INSTANCES to {MAX_INSTANCES}."
        )));
    }
    let ready = object.number_or("MIN_READY_INSTANCES", low);
    if !(0..=low).contains(&ready) {
        return Err(SqlError::invalid(format!(
            "invalid value for MIN_READY_INSTANCES ({ready}): it must be from 0 to MIN_INSTANCES \
             ({low})."
        )));
    }
    if object.number("AUTO_SUSPEND_SECS") > 0 {
        return Err(SqlError::unsupported("AUTO_SUSPEND_SECS of services"));
    }
    let is_set = |name: &str| set.iter().any(|known| known == name);
    if is_set("EXTERNAL_ACCESS_INTEGRATIONS")
        && let Some(Value::List(names)) = object.properties.get_mut("EXTERNAL_ACCESS_INTEGRATIONS")
    {
        if names.len() > MAX_INTEGRATIONS {
            return Err(SqlError::invalid(format!(
                "a service can have at most {MAX_INTEGRATIONS} external access integrations."
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
