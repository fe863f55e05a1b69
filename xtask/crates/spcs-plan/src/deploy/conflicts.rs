//! What the target has that the files cannot be brought in line with: refused, with the way out,
//! before anything is changed.

use crate::deploy::UserPassword;
use crate::desired::{Desired, DesiredService};
use crate::error::Error;
use crate::observed::Observed;
use crate::sql::{Effect, ObjectKind};

/// Roles and users that grants go to must be ours: who else holds them would be let in.
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
            // Who knows a user's password may let that user in.
            let allowed = *kind == ObjectKind::User && password == UserPassword::Given;
            let Some(seen) = foreign.filter(|_| !allowed) else { continue };
            let whose = seen.whose();
            let message =
                format!("the {kind} `{name}` is there and not of this deployment: {whose}");
            let hint = match kind {
                ObjectKind::User => {
                    "set SPCS_USER_PASSWORD to this user's password to let the user in as it is, or choose another `user` in [deployment] of spcs.toml"
                }
                _ => {
                    "choose another name for it in [deployment] of spcs.toml, or drop it if nobody needs it any more: whoever has it would get what the files grant"
                }
            };
            return Err(Error::new(message).at(&file.path, statement.line).with_hint(hint));
        }
    }
    Ok(())
}

/// What is ours but cannot be altered: a service keeps its name and its pool, a pool its family.
pub(super) fn check_fixed(desired: &Desired, observed: &Observed) -> Result<(), Error> {
    let wrong = |message: String, hint: &str| {
        Err(Error::new(message).at("spcs.toml", None).with_hint(hint))
    };
    let named = |name: &str| desired.services.values().any(|service| service.name == name);
    let ours = observed.services.iter().filter(|(_, s)| s.comment == desired.owner_comment);
    if let Some(name) = ours.map(|(name, _)| name).find(|name| !named(name)) {
        let message =
            format!("the service {name} is of this deployment, and spcs.toml does not name it");
        let hint = format!(
            "a service cannot be renamed: name it again and run `cargo xtask clean`, or drop it with its data: `DROP SERVICE {name} FORCE`"
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
                "name the old pool again, run `cargo xtask clean`, and edit then",
            );
        }
    }
    for (key, service) in &desired.services {
        let Some(running) = observed.services.get(&service.name) else { continue };
        let given = running.properties.get(INTEGRATIONS).filter(|_| !says_egress(desired, service));
        let given = given.filter(|given| given.contains(char::is_alphanumeric));
        if let Some(given) = given.filter(|_| running.comment == desired.owner_comment) {
            let message = format!(
                "the service {} may connect out by {given}, and spcs.toml does not say whether it shall",
                service.name
            );
            let hint = format!(
                "add `egress = false` to [services.{key}] to take that away, or `egress = true`"
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
                    "the compute pool {name} is of the family {old} and cannot become {family}"
                );
                return wrong(
                    message,
                    "give `family` its old value, or run `cargo xtask clean` and deploy again",
                );
            }
        }
    }
    Ok(())
}

const INTEGRATIONS: &str = "external_access_integrations";

/// Whether a statement gives the service integrations or takes them away.
fn says_egress(desired: &Desired, service: &DesiredService) -> bool {
    let statements = desired.sets.get("services").into_iter().flatten();
    statements.flat_map(|file| &file.statements).any(|statement| match &statement.effect {
        Effect::Alter { name, settings, .. } => {
            *name == service.name && settings.contains_key(INTEGRATIONS)
        }
        _ => false,
    })
}
