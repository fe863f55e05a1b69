//! SHOW of each kind of object: Snowflake's columns, one row per object.

use super::Executor;
use super::columns::columns;
use crate::access::Identity;
use crate::catalog::{Actor, Grantee, Object, State};
use crate::clock;
use crate::kind::Kind;
use crate::rows::{Cell, Rows, cell, moment, optional, yes};
use crate::session::SessionState;
use crate::sql::{SqlError, Value};
use crate::statement::Show;

/// What a row is made from.
pub(super) struct View<'a> {
    pub(super) state: &'a State,
    pub(super) session: &'a SessionState,
    pub(super) actor: &'a Actor,
}

impl Executor {
    pub(super) fn show_objects(&self, show: &Show, kind: Kind) -> Result<Rows, SqlError> {
        match kind {
            Kind::Service => return self.show_services(show),
            Kind::ExternalAccessIntegration | Kind::SecurityIntegration => {
                return self.show_integrations(show, &[kind]);
            }
            _ => {}
        }
        let session = self.session_state();
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let mut rows = Rows::new(columns(kind));
            let view = View { state, session: &session, actor: &actor };
            for object in self.listed(state, &actor, show, kind)? {
                rows.push(self.object_row(&view, object));
            }
            Ok(rows)
        })
    }

    /// The row of one object, in the order of [`columns`].
    pub(super) fn object_row(&self, view: &View<'_>, object: &Object) -> Vec<Cell> {
        match object.kind {
            Kind::Role => role(view, object),
            Kind::User => user(object),
            Kind::Warehouse => warehouse(view, object),
            Kind::Database | Kind::Schema => container(view, object),
            Kind::Stage => stage(object),
            Kind::ImageRepository => self.repository(object),
            Kind::NetworkRule => rule(object),
            Kind::ComputePool => self.pool(view, object),
            _ => Vec::new(),
        }
    }

    fn repository(&self, object: &Object) -> Vec<Cell> {
        let url =
            format!("{}/{}", self.account.registry_host(), object.path.join("/").to_lowercase());
        let encryption = object.properties.get("ENCRYPTION").and_then(|e| e.option("TYPE"));
        vec![
            moment(object.created),
            cell(object.name()),
            cell(&object.path[0]),
            cell(&object.path[1]),
            cell(url),
            cell(&object.owner),
            cell("ROLE"),
            cell(&object.comment),
            cell(encryption.map_or("SNOWFLAKE_SSE".to_owned(), Value::shown)),
            None,
        ]
    }

    fn pool(&self, view: &View<'_>, object: &Object) -> Vec<Cell> {
        let state = view.state.pool_state(object, clock::now(), self.account.timing.pool_start);
        let resumed = object.pool.as_ref().map_or(object.created, |pool| pool.resumed);
        vec![
            cell(object.name()),
            cell(state.state),
            cell(object.number("MIN_NODES", 1)),
            cell(object.number("MAX_NODES", 1)),
            cell(object.shown("INSTANCE_FAMILY", "")),
            cell(state.services),
            cell(0),
            cell(object.number("AUTO_SUSPEND_SECS", 3600)),
            cell(object.flag("AUTO_RESUME", true)),
            cell(state.active_nodes),
            cell(state.idle_nodes),
            cell(state.target_nodes),
            moment(object.created),
            moment(resumed),
            moment(object.updated),
            cell(&object.owner),
            optional(&object.comment),
            cell(false),
            None,
            None,
        ]
    }
}

fn role(view: &View<'_>, object: &Object) -> Vec<Cell> {
    let name = object.name();
    let held_by = |user: bool| {
        view.state
            .roles
            .iter()
            .filter(|grant| grant.role == name && matches!(grant.to, Grantee::User(_)) == user)
            .count()
    };
    let holds = view.state.roles.iter().filter(|g| g.to == Grantee::Role(name.to_owned())).count();
    let user = match &view.session.identity {
        Identity::User(user) => view.state.account_object(Kind::User, user),
        _ => None,
    };
    let default = user.and_then(|user| user.reference("DEFAULT_ROLE"));
    let default = default.is_some_and(|role| role.last() == name);
    let current = view.session.role == name;
    vec![
        moment(object.created),
        cell(name),
        yes(default),
        yes(current),
        yes(!current && view.actor.primary.contains(name)),
        cell(held_by(true)),
        cell(held_by(false)),
        cell(holds),
        cell(&object.owner),
        cell(&object.comment),
    ]
}

fn user(object: &Object) -> Vec<Cell> {
    let text = |name: &str| optional(&object.shown(name, ""));
    vec![
        cell(object.name()),
        moment(object.created),
        cell(object.shown("LOGIN_NAME", object.name())),
        cell(object.shown("DISPLAY_NAME", object.name())),
        text("FIRST_NAME"),
        text("LAST_NAME"),
        text("EMAIL"),
        None,
        None,
        cell(&object.comment),
        cell(object.flag("DISABLED", false)),
        cell(object.flag("MUST_CHANGE_PASSWORD", false)),
        cell(false),
        text("DEFAULT_WAREHOUSE"),
        text("DEFAULT_NAMESPACE"),
        text("DEFAULT_ROLE"),
        cell(object.secondary_roles()),
        cell(false),
        None,
        None,
        cell(&object.owner),
        None,
        None,
        None,
        cell(object.password.is_some()),
        cell(false),
        text("TYPE"),
    ]
}

fn warehouse(view: &View<'_>, object: &Object) -> Vec<Cell> {
    let on = !object.suspended;
    vec![
        cell(object.name()),
        cell(if on { "STARTED" } else { "SUSPENDED" }),
        cell(object.shown("WAREHOUSE_TYPE", "STANDARD")),
        cell(object.shown("WAREHOUSE_SIZE", "X-Small")),
        cell(object.number("MIN_CLUSTER_COUNT", 1)),
        cell(object.number("MAX_CLUSTER_COUNT", 1)),
        cell(u8::from(on)),
        cell(0),
        cell(0),
        yes(false),
        yes(view.session.warehouse.as_deref() == Some(object.name())),
        match object.properties.get("AUTO_SUSPEND") {
            Some(Value::Null) => None,
            _ => cell(object.number("AUTO_SUSPEND", 600)),
        },
        cell(object.flag("AUTO_RESUME", true)),
        cell(if on { "100" } else { "" }),
        cell(""),
        cell(""),
        cell(""),
        moment(object.created),
        moment(object.updated),
        moment(object.updated),
        cell(&object.owner),
        cell(&object.comment),
        cell(object.flag("ENABLE_QUERY_ACCELERATION", false)),
        cell(8),
        cell("null"),
        cell(object.shown("SCALING_POLICY", "STANDARD")),
        None,
        cell("ROLE"),
    ]
}

fn container(view: &View<'_>, object: &Object) -> Vec<Cell> {
    let namespace = &view.session.namespace;
    let database = object.kind == Kind::Database;
    let current = namespace.database.as_ref() == Some(&object.path[0])
        && (database || namespace.schema.as_deref() == Some(object.name()));
    let mut row = vec![moment(object.created), cell(object.name()), yes(false), yes(current)];
    row.push(cell(if database { "" } else { &object.path[0] }));
    row.extend([
        cell(&object.owner),
        cell(&object.comment),
        cell(""),
        cell(object.number("DATA_RETENTION_TIME_IN_DAYS", 1)),
    ]);
    if database {
        row.extend([cell("STANDARD"), None]);
    }
    row.push(cell(if object.owner.is_empty() { "" } else { "ROLE" }));
    row
}

fn stage(object: &Object) -> Vec<Cell> {
    let directory = object.properties.get("DIRECTORY").and_then(|d| d.option("ENABLE"));
    let encryption = object.properties.get("ENCRYPTION").and_then(|e| e.option("TYPE"));
    let sse = encryption.is_some_and(|kind| kind.shown() == "SNOWFLAKE_SSE");
    vec![
        moment(object.created),
        cell(object.name()),
        cell(&object.path[0]),
        cell(&object.path[1]),
        cell(""),
        yes(false),
        yes(false),
        cell(&object.owner),
        cell(&object.comment),
        None,
        cell(if sse { "INTERNAL NO CSE" } else { "INTERNAL" }),
        None,
        None,
        None,
        None,
        cell("ROLE"),
        yes(directory.and_then(Value::boolean).unwrap_or(false)),
    ]
}

fn rule(object: &Object) -> Vec<Cell> {
    let values = object.properties.get("VALUE_LIST").map(Value::list).unwrap_or_default();
    vec![
        moment(object.created),
        cell(object.name()),
        cell(&object.path[0]),
        cell(&object.path[1]),
        cell(&object.owner),
        cell(&object.comment),
        cell(object.shown("TYPE", "")),
        cell(object.shown("MODE", "INGRESS")),
        cell(values.len()),
        cell("ROLE"),
    ]
}
