//! DESCRIBE.

use super::Executor;
use super::columns::columns;
use super::show_objects::View;
use crate::catalog::{Object, State};
use crate::clock;
use crate::kind::Kind;
use crate::rows::{Rows, cell, moment};
use crate::sql::{ObjectName, SqlError, Value};

impl Executor {
    pub(super) fn describe(&self, kind: Kind, name: &ObjectName) -> Result<Rows, SqlError> {
        let session = self.session_state();
        let path = session.namespace.resolve(kind, name)?;
        if kind == Kind::Service {
            return self.describe_service(&path);
        }
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let object = state.visible(&actor, kind, &path).ok_or_else(SqlError::no_operation)?;
            let view = View { state, session: &session, actor: &actor };
            match kind {
                Kind::ComputePool => {
                    let mut names = columns(kind).to_vec();
                    names.extend(["error_code", "status_message"]);
                    let mut rows = Rows::new(&names);
                    let mut row = self.object_row(&view, object);
                    let now = clock::now();
                    let pool = state.pool_state(object, now, self.account.timing.pool_start);
                    row.extend([cell(""), cell(pool.message)]);
                    rows.push(row);
                    Ok(rows)
                }
                Kind::ImageRepository | Kind::Role => {
                    let mut rows = Rows::new(columns(kind));
                    rows.push(self.object_row(&view, object));
                    Ok(rows)
                }
                Kind::Warehouse => {
                    let mut rows = Rows::new(&["created_on@", "name", "kind"]);
                    rows.push(vec![moment(object.created), cell(object.name()), cell("WAREHOUSE")]);
                    Ok(rows)
                }
                Kind::Database | Kind::Schema => Ok(contents(state, &actor, object)),
                Kind::NetworkRule => {
                    let same = columns(kind).len() - 2;
                    let mut names = columns(kind)[..same].to_vec();
                    names.push("value_list");
                    let mut rows = Rows::new(&names);
                    let mut row = self.object_row(&view, object);
                    row.truncate(same);
                    row.push(cell(object.shown("VALUE_LIST", "")));
                    rows.push(row);
                    Ok(rows)
                }
                Kind::Stage => Ok(stage(object)),
                Kind::User => Ok(user(object)),
                _ => Ok(integration(object)),
            }
        })
    }
}

fn contents(state: &State, actor: &crate::catalog::Actor, outer: &Object) -> Rows {
    let mut rows = Rows::new(&["created_on@", "name", "kind"]);
    let depth = outer.path.len() + 1;
    for object in &state.objects {
        let inside = object.kind.depth() == depth && object.path.starts_with(&outer.path);
        if inside && state.sees(&actor.roles, object) {
            let kind = object.kind.label().replace(' ', "_");
            rows.push(vec![moment(object.created), cell(object.name()), cell(kind)]);
        }
    }
    rows
}

fn stage(object: &Object) -> Rows {
    let mut rows = Rows::new(&[
        "parent_property",
        "property",
        "property_type",
        "property_value",
        "property_default",
    ]);
    let option = |group: &str, name: &str, default: &str| {
        let value = object.properties.get(group).and_then(|options| options.option(name));
        value.map_or_else(|| default.to_owned(), Value::shown)
    };
    for (parent, property, kind, default) in [
        ("ENCRYPTION", "TYPE", "String", "SNOWFLAKE_FULL"),
        ("DIRECTORY", "ENABLE", "Boolean", "false"),
        ("DIRECTORY", "AUTO_REFRESH", "Boolean", "false"),
    ] {
        rows.push(vec![
            cell(parent),
            cell(property),
            cell(kind),
            cell(option(parent, property, default)),
            cell(default),
        ]);
    }
    rows
}

fn user(object: &Object) -> Rows {
    let mut rows = Rows::new(&["property", "value", "default", "description"]);
    let mut put = |name: &str, value: String| {
        let value = if value.is_empty() { "null".to_owned() } else { value };
        rows.push(vec![cell(name), cell(value), cell("null"), cell("")]);
    };
    put("NAME", object.name().to_owned());
    put("COMMENT", object.comment.clone());
    put("DISPLAY_NAME", object.shown("DISPLAY_NAME", object.name()));
    put("TYPE", object.shown("TYPE", ""));
    put("LOGIN_NAME", object.shown("LOGIN_NAME", object.name()));
    put("FIRST_NAME", object.shown("FIRST_NAME", ""));
    put("LAST_NAME", object.shown("LAST_NAME", ""));
    put("EMAIL", object.shown("EMAIL", ""));
    put("PASSWORD", if object.password.is_some() { "********".to_owned() } else { String::new() });
    put("MUST_CHANGE_PASSWORD", object.flag("MUST_CHANGE_PASSWORD", false).to_string());
    put("DISABLED", object.flag("DISABLED", false).to_string());
    put("DEFAULT_WAREHOUSE", object.shown("DEFAULT_WAREHOUSE", ""));
    put("DEFAULT_NAMESPACE", object.shown("DEFAULT_NAMESPACE", ""));
    put("DEFAULT_ROLE", object.shown("DEFAULT_ROLE", ""));
    put("DEFAULT_SECONDARY_ROLES", object.secondary_roles());
    rows
}

fn integration(object: &Object) -> Rows {
    let mut rows = Rows::new(&["property", "property_type", "property_value", "property_default"]);
    for (name, value) in &object.properties {
        let (kind, default) = match value {
            Value::Boolean(_) => ("Boolean", "false"),
            Value::List(_) => ("List", "[]"),
            _ => ("String", ""),
        };
        rows.push(vec![cell(name), cell(kind), cell(value.shown()), cell(default)]);
    }
    rows.push(vec![cell("COMMENT"), cell("String"), cell(&object.comment), cell("")]);
    rows
}
