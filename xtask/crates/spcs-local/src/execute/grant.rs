//! GRANT and REVOKE.

use super::Executor;
use crate::catalog::{
    Actor, Grantee as Holder, PrivilegeGrant, RoleGrant, ServiceRoleGrant, State, Target,
};
use crate::clock;
use crate::kind::{Kind, Object, account_privileges};
use crate::rows::Rows;
use crate::sql::{ObjectName, SqlError};
use crate::statement::{Grant, GrantTarget, Granted, Grantee};

impl Executor {
    pub(super) fn grant(&self, grant: Grant) -> Result<Rows, SqlError> {
        self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let to = holder(state, &actor, &grant.to)?;
            match &grant.what {
                Granted::Role(role) => grant_role(state, &actor, &grant, role, to),
                Granted::ServiceRole { service, role } => {
                    let service = self.session_state().namespace.resolve(Kind::Service, service)?;
                    grant_service_role(state, &actor, &grant, service, role, &to)
                }
                Granted::Privileges { privileges, on } => {
                    let target = self.target(state, &actor, on)?;
                    grant_privileges(state, &actor, &grant, privileges, target, &to)
                }
            }
        })?;
        Ok(Rows::status("Statement executed successfully."))
    }

    /// Resolves the target of privileges.
    pub(super) fn target(
        &self,
        state: &State,
        actor: &Actor,
        on: &GrantTarget,
    ) -> Result<Target, SqlError> {
        let namespace = self.session_state().namespace;
        let GrantTarget::OneOf(kinds, name) = on else { return Ok(Target::Account) };
        for kind in kinds {
            let path = namespace.resolve(*kind, name)?;
            if let Some(object) = state.visible(actor, *kind, &path) {
                return Ok(Target::of(object));
            }
        }
        Err(SqlError::missing(&kinds[0].title(), &name.to_string()))
    }
}

fn holder(state: &State, actor: &Actor, to: &Grantee) -> Result<Holder, SqlError> {
    let (kind, name) = match to {
        Grantee::Role(name) => (Kind::Role, name.last()),
        Grantee::User(name) => (Kind::User, name.last()),
    };
    if state.visible(actor, kind, &[name.to_owned()]).is_none() {
        return Err(SqlError::missing(&kind.title(), name));
    }
    let name = name.to_owned();
    Ok(if kind == Kind::Role { Holder::Role(name) } else { Holder::User(name) })
}

fn role_of(holder: &Holder) -> String {
    match holder {
        Holder::Role(name) | Holder::User(name) => name.clone(),
    }
}

fn grant_role(
    state: &mut State,
    actor: &Actor,
    grant: &Grant,
    role: &ObjectName,
    to: Holder,
) -> Result<(), SqlError> {
    let name = role.last();
    let object = state
        .visible(actor, Kind::Role, &[name.to_owned()])
        .ok_or_else(|| SqlError::missing("Role", name))?;
    if !actor.roles.contains(&object.owner) && !state.manages_grants(&actor.roles) {
        return Err(SqlError::insufficient(&format!("role '{name}'")));
    }
    if let Some(held) = state.role_grant(name, &to) {
        if grant.revoke {
            // Grants of the system connect the administrator and the system roles.
            if held.granted_by.is_empty() {
                return Err(SqlError::insufficient(&format!("role '{name}'")));
            }
            state.revoke_role(name, &to);
        }
        return Ok(());
    }
    if grant.revoke {
        return Ok(());
    }
    if let Holder::Role(holder) = &to
        && state.inherited(&[name.to_owned()]).contains(holder)
        && holder != "PUBLIC"
    {
        return Err(SqlError::invalid(format!(
            "Cannot grant role '{name}' to '{holder}': it would inherit itself."
        )));
    }
    state.grant_role(RoleGrant {
        role: name.to_owned(),
        to,
        granted_by: actor.role.clone(),
        created: clock::now(),
    });
    Ok(())
}

fn grant_service_role(
    state: &mut State,
    actor: &Actor,
    grant: &Grant,
    service: Vec<String>,
    service_role: &str,
    to: &Holder,
) -> Result<(), SqlError> {
    let full = service.join(".");
    let object = state
        .visible(actor, Kind::Service, &service)
        .ok_or_else(|| SqlError::missing("Service", &full))?;
    if !actor.roles.contains(&object.owner) && !state.manages_grants(&actor.roles) {
        return Err(SqlError::insufficient(&format!("service '{}'", object.name())));
    }
    let known = object.service().is_some_and(|r| r.roles.contains_key(service_role));
    if !known {
        return Err(SqlError::missing("Service Role", &format!("{full}!{service_role}")));
    }
    let role = role_of(to);
    if grant.revoke {
        state.revoke_service_role(&service, service_role, &role);
    } else {
        state.grant_service_role(ServiceRoleGrant {
            service,
            service_role: service_role.to_owned(),
            role,
            granted_by: actor.role.clone(),
            created: clock::now(),
        });
    }
    Ok(())
}

fn grant_privileges(
    state: &mut State,
    actor: &Actor,
    grant: &Grant,
    privileges: &[String],
    target: Target,
    to: &Holder,
) -> Result<(), SqlError> {
    let (owner, label, all) = match &target {
        Target::Account => (None, "account 'LOCAL'".to_owned(), account_privileges()),
        Target::Object(kind, path) => {
            let object = state.find(*kind, path);
            let name = path.last().map_or("", String::as_str);
            let label = format!("{} '{name}'", kind.label().to_lowercase());
            (object.map(|object| object.owner.clone()), label, kind.privileges())
        }
    };
    let may = |state: &State, privilege: &str| {
        state.manages_grants(&actor.roles)
            || owner.as_ref().is_some_and(|owner| actor.roles.contains(owner))
            || state.any_grant(&actor.roles, &target, |held| {
                held.privilege == privilege && held.grant_option
            })
    };
    let mut wanted: Vec<String> = privileges.to_vec();
    if wanted.is_empty() {
        wanted = all;
        wanted.retain(|privilege| may(state, privilege));
    }
    if wanted.is_empty() || !wanted.iter().all(|privilege| may(state, privilege)) {
        return Err(SqlError::insufficient(&label));
    }
    let role = role_of(to);
    for privilege in wanted {
        if privilege == "OWNERSHIP" {
            transfer_ownership(state, grant, &target, &role)?;
            continue;
        }
        let before = state.privilege(&target, &privilege, &role).cloned();
        if grant.revoke {
            match before {
                Some(held) if grant.with_grant_option => {
                    state.grant_privilege(PrivilegeGrant { grant_option: false, ..held });
                }
                _ => state.revoke_privilege(&target, &privilege, &role),
            }
            continue;
        }
        // A second GRANT can add the grant option, but keeps the date.
        let (created, option) =
            before.map_or((clock::now(), false), |grant| (grant.created, grant.grant_option));
        state.grant_privilege(PrivilegeGrant {
            privilege,
            on: target.clone(),
            role: role.clone(),
            grant_option: option || grant.with_grant_option,
            granted_by: actor.role.clone(),
            created,
        });
    }
    Ok(())
}

fn transfer_ownership(
    state: &mut State,
    grant: &Grant,
    target: &Target,
    role: &str,
) -> Result<(), SqlError> {
    match target {
        Target::Object(Kind::Service, _) => {
            Err(SqlError::invalid("Ownership of a service cannot be transferred."))
        }
        Target::Object(kind, path) if !grant.revoke => {
            if let Some(object) = state.find(*kind, path) {
                object.refuse_system()?;
                state.put(Object { owner: role.to_owned(), ..object.clone() });
            }
            Ok(())
        }
        _ => Err(SqlError::invalid("OWNERSHIP cannot be revoked; grant it to another role.")),
    }
}
