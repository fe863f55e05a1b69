//! SHOW GRANTS.

use super::Executor;
use crate::access::Identity;
use crate::catalog::{Actor, Grantee, RoleGrant, State, Target};
use crate::kind::{Kind, Object};
use crate::rows::{Cell, Rows, cell, moment};
use crate::sql::{ObjectName, SqlError};
use crate::statement::{Show, Shown};

const PRIVILEGE_COLUMNS: &[&str] = &[
    "created_on@",
    "privilege",
    "granted_on",
    "name",
    "granted_to",
    "grantee_name",
    "grant_option",
    "granted_by",
];
const GRANTEE_COLUMNS: &[&str] =
    &["created_on@", "role", "granted_to", "grantee_name", "granted_by"];

impl Executor {
    pub(super) fn show_grants(&self, show: &Show) -> Result<Rows, SqlError> {
        let session = self.session_state();
        let mut rows = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let existing = |kind: Kind, name: &ObjectName| {
                let path = session.namespace.resolve(kind, name)?;
                state.visible(&actor, kind, &path).ok_or_else(SqlError::no_operation)
            };
            match &show.what {
                Shown::GrantsOn { target } => {
                    let target = self.target(state, &actor, target).map_err(|error| {
                        if error.code == "002003" { SqlError::no_operation() } else { error }
                    })?;
                    Ok(on_target(state, &target))
                }
                Shown::GrantsToRole { role } => {
                    Ok(to_role(state, &actor, existing(Kind::Role, role)?.name()))
                }
                Shown::GrantsToCurrentUser => match &session.identity {
                    Identity::User(user) => Ok(to_user(state, user)),
                    _ => Ok(Rows::new(GRANTEE_COLUMNS)),
                },
                Shown::GrantsToUser { user } => {
                    Ok(to_user(state, existing(Kind::User, user)?.name()))
                }
                Shown::GrantsOfRole { role } => {
                    Ok(of_role(state, &actor, existing(Kind::Role, role)?.name()))
                }
                Shown::GrantsOfServiceRole { service, role } => {
                    Ok(of_service_role(state, existing(Kind::Service, service)?, role))
                }
                Shown::GrantsToServiceRole { service, role } => {
                    Ok(to_service_role(existing(Kind::Service, service)?, role))
                }
                _ => Err(SqlError::no_operation()),
            }
        })?;
        rows.rows.truncate(show.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }
}

fn target_cells(target: &Target) -> (Cell, Cell) {
    match target {
        Target::Account => (cell("ACCOUNT"), cell(crate::account::ACCOUNT)),
        Target::Object(kind, path) => (cell(kind.label().replace(' ', "_")), cell(path.join("."))),
    }
}

fn ownership(object: &Object) -> Vec<Cell> {
    let (on, name) = target_cells(&Target::of(object));
    vec![
        moment(object.created),
        cell("OWNERSHIP"),
        on,
        name,
        cell("ROLE"),
        cell(&object.owner),
        cell(true),
        cell(&object.owner),
    ]
}

fn privilege(grant: &crate::catalog::PrivilegeGrant) -> Vec<Cell> {
    let (on, name) = target_cells(&grant.on);
    vec![
        moment(grant.created),
        cell(&grant.privilege),
        on,
        name,
        cell("ROLE"),
        cell(&grant.role),
        cell(grant.grant_option),
        cell(&grant.granted_by),
    ]
}

fn on_target(state: &State, target: &Target) -> Rows {
    let mut rows = Rows::new(PRIVILEGE_COLUMNS);
    if let Target::Object(kind, path) = target
        && let Some(object) = state.find(*kind, path).filter(|object| !object.owner.is_empty())
    {
        rows.push(ownership(object));
    }
    for grant in state.privileges_on(target) {
        rows.push(privilege(grant));
    }
    rows
}

/// The grants to a role. Of a role that the actor does not have, only those on objects that the
/// actor sees.
fn to_role(state: &State, actor: &Actor, role: &str) -> Rows {
    let own = actor.roles.contains(role);
    let visible = |kind: Kind, path: &[String]| own || state.visible(actor, kind, path).is_some();
    let mut rows = Rows::new(PRIVILEGE_COLUMNS);
    for object in state.owned_by(role).filter(|object| own || state.sees(actor, object)) {
        rows.push(ownership(object));
    }
    for grant in state.privileges_of(role) {
        match &grant.on {
            Target::Object(kind, path) if !visible(*kind, path) => {}
            _ => rows.push(privilege(grant)),
        }
    }
    let to = Grantee::Role(role.to_owned());
    for grant in state.roles_granted_to(&to) {
        rows.push(vec![
            moment(grant.created),
            cell("USAGE"),
            cell("ROLE"),
            cell(&grant.role),
            cell("ROLE"),
            cell(role),
            cell(false),
            cell(&grant.granted_by),
        ]);
    }
    for grant in state.service_roles_of(role) {
        if !visible(Kind::Service, &grant.service) {
            continue;
        }
        rows.push(vec![
            moment(grant.created),
            cell("USAGE"),
            cell("SERVICE_ROLE"),
            cell(format!("{}!{}", grant.service.join("."), grant.service_role)),
            cell("ROLE"),
            cell(role),
            cell(false),
            cell(&grant.granted_by),
        ]);
    }
    rows
}

fn to_user(state: &State, user: &str) -> Rows {
    let to = Grantee::User(user.to_owned());
    holders(state.roles_granted_to(&to))
}

/// The roles and users that have a role, without the users that the actor does not see.
fn of_role(state: &State, actor: &Actor, role: &str) -> Rows {
    let visible = |grant: &&RoleGrant| match &grant.to {
        Grantee::Role(_) => true,
        Grantee::User(name) => {
            state.visible(actor, Kind::User, std::slice::from_ref(name)).is_some()
        }
    };
    holders(state.grants_of_role(role).filter(visible))
}

fn of_service_role(state: &State, service: &Object, role: &str) -> Rows {
    let mut rows = Rows::new(GRANTEE_COLUMNS);
    for grant in state.service_roles_on(&service.path) {
        if grant.service_role == role {
            rows.push(vec![
                moment(grant.created),
                cell(role),
                cell("ROLE"),
                cell(&grant.role),
                cell(&grant.granted_by),
            ]);
        }
    }
    rows
}

fn to_service_role(object: &Object, role: &str) -> Rows {
    let mut rows = Rows::new(PRIVILEGE_COLUMNS);
    let endpoints = object.service().and_then(|record| record.roles.get(role));
    for endpoint in endpoints.into_iter().flatten() {
        rows.push(vec![
            moment(object.created),
            cell("USAGE"),
            cell("SERVICE_ENDPOINT"),
            cell(format!("{}!{endpoint}", object.full_name())),
            cell("SERVICE_ROLE"),
            cell(role),
            cell(false),
            cell(""),
        ]);
    }
    rows
}

fn holders<'a>(grants: impl Iterator<Item = &'a RoleGrant>) -> Rows {
    let mut rows = Rows::new(GRANTEE_COLUMNS);
    for grant in grants {
        let (kind, name) = match &grant.to {
            Grantee::Role(name) => ("ROLE", name),
            Grantee::User(name) => ("USER", name),
        };
        rows.push(vec![
            moment(grant.created),
            cell(&grant.role),
            cell(kind),
            cell(name),
            cell(&grant.granted_by),
        ]);
    }
    rows
}
