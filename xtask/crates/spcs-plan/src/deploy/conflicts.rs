//! Conflicts between the target and the files that no statement can resolve. They are reported, with
//! a hint, before anything is changed.

use crate::deploy::UserPassword;
use crate::desired::{Desired, DesiredService};
use crate::error::Error;
use crate::observed::Observed;
use crate::sql::{Effect, ObjectKind};

/// Checks that roles and users that receive grants belong to this deployment. Otherwise the current
/// holders of a role would gain access.
pub(super) fn check_grantees(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
) -> Result<(), Error> {
    for file in desired.sets.values().flatten() {
        for statement in &file.statements {
            let Effect::Create { kind, name, .. } = &statement.effect else { continue };
            if !matches!(kind, ObjectKind::Role | ObjectKind::User) {
                continue;
            }
            let foreign =
                observed.find(*kind, name).filter(|seen| seen.comment != desired.owner_comment);
            // Knowing the user's password is enough to use the existing user.
            let allowed = *kind == ObjectKind::User && password == UserPassword::Given;
            let Some(seen) = foreign.filter(|_| !allowed) else { continue };
            let comment = seen.foreign_comment();
            let message = format!(
                "the {kind} `{name}` exists but does not belong to this deployment: {comment}"
            );
            let hint = match kind {
                ObjectKind::User => {
                    "set SPCS_USER_PASSWORD to this user's password to use the existing user, or choose another `user` in [deployment] of spcs.toml"
                }
                _ => {
                    "choose another name for it in [deployment] of spcs.toml, or drop the role if it is no longer needed: everyone who holds it would receive the grants of this deployment"
                }
            };
            return Err(Error::new(message).at(&file.path, statement.line).with_hint(hint));
        }
    }
    Ok(())
}

/// Checks what cannot be altered: the name and the pool of a service, the family of a pool. Also
/// refuses to guess whether a service keeps egress that `spcs.toml` does not mention.
pub(super) fn check_immutable(desired: &Desired, observed: &Observed) -> Result<(), Error> {
    let wrong = |message: String, hint: &str| {
        Err(Error::new(message).at("spcs.toml", None).with_hint(hint))
    };
    let named = |name: &str| desired.services.values().any(|service| service.name == name);
    let ours = observed.services.iter().filter(|(_, s)| s.comment == desired.owner_comment);
    if let Some(name) = ours.map(|(name, _)| name).find(|name| !named(name)) {
        let message = format!(
            "the service {name} belongs to this deployment, but spcs.toml does not list it"
        );
        let hint = format!(
            "a service cannot be renamed: restore its entry and run `cargo xtask clean`, or drop it with its data: `DROP SERVICE {name} FORCE`"
        );
        return wrong(message, &hint);
    }
    for service in desired.services.values() {
        let Some(running) = observed.services.get(&service.name) else { continue };
        let wanted = desired.pools.get(&service.pool).filter(|pool| **pool != running.compute_pool);
        if let Some(wanted) = wanted.filter(|_| running.comment == desired.owner_comment) {
            let message = format!(
                "the service {} runs in the compute pool {} and cannot move to {wanted}",
                service.name, running.compute_pool
            );
            return wrong(
                message,
                "restore the old pool, run `cargo xtask clean`, then make the change",
            );
        }
    }
    for (key, service) in &desired.services {
        let Some(running) = observed.services.get(&service.name) else { continue };
        let given = running.properties.get(INTEGRATIONS).filter(|_| !sets_egress(desired, service));
        let given = given.filter(|given| given.contains(char::is_alphanumeric));
        if let Some(given) = given.filter(|_| running.comment == desired.owner_comment) {
            let message = format!(
                "the service {} has egress through {given}, but spcs.toml does not set `egress` for it",
                service.name
            );
            let hint = format!(
                "add `egress = false` to [services.{key}] to remove it, or `egress = true` to keep it"
            );
            return wrong(message, &hint);
        }
    }
    for file in desired.sets.get("bootstrap").into_iter().flatten() {
        for statement in &file.statements {
            let Effect::Create { kind: ObjectKind::ComputePool, name, settings, .. } =
                &statement.effect
            else {
                continue;
            };
            let ours = observed.pools.get(name).filter(|p| p.comment == desired.owner_comment);
            let (Some(pool), Some(family)) = (ours, settings.get("instance_family")) else {
                continue;
            };
            if !family.eq_ignore_ascii_case(&pool.instance_family) {
                let old = &pool.instance_family;
                let message = format!(
                    "the compute pool {name} has the instance family {old}, which cannot be changed to {family}"
                );
                return wrong(
                    message,
                    "restore the old `family`, or run `cargo xtask clean` and deploy again",
                );
            }
        }
    }
    Ok(())
}

const INTEGRATIONS: &str = "external_access_integrations";

/// Whether a statement sets or unsets the service's external access integrations.
fn sets_egress(desired: &Desired, service: &DesiredService) -> bool {
    let statements = desired.sets.get("services").into_iter().flatten();
    statements.flat_map(|file| &file.statements).any(|statement| match &statement.effect {
        Effect::Alter { name, settings, .. } => {
            *name == service.name && settings.contains_key(INTEGRATIONS)
        }
        _ => false,
    })
}
