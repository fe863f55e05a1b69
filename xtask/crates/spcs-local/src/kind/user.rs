//! Users.

use serde::{Deserialize, Serialize};

use super::Object;
use super::column::{Column, comment, created_on, moment, name, null, owner, text};
use super::definition::{Definition, Describe, Item};
use super::facts::{Facts, Login};
use crate::access::Identity;
use crate::password::PasswordHash;
use crate::rows::{Cell, Rows, cell, optional};
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, SqlError, Value};

/// The name of the administrator.
pub(crate) const ADMIN: &str = "ADMIN";

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<PasswordHash>,
}

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(described),
    set: |data, name, value| match name {
        "PASSWORD" => {
            data.password = Some(PasswordHash::new(value.secret()));
            None
        }
        _ => Some(value),
    },
    unset: |data, name| {
        if name == "PASSWORD" {
            data.password = None;
        }
    },
    check,
    before_drop: |it, _| check_drop(it),
    ..Definition::of(
        Facts {
            privileges: &["MONITOR"],
            properties: PROPERTIES,
            login: Some(Login {
                identity: |path| Identity::User(path[0].clone()),
                own_properties: &["PASSWORD"],
                is_disabled: |user| user.flag("DISABLED"),
            }),
            ..Facts::of("USER")
        },
        Some(|_| Data { password: None }),
    )
};

const PROPERTIES: &[Property] = &[
    Property::new("PASSWORD", Shape::Secret),
    Property::new("LOGIN_NAME", Shape::Name),
    Property::new("DISPLAY_NAME", Shape::Name),
    Property::new("FIRST_NAME", Shape::Name),
    Property::new("LAST_NAME", Shape::Name),
    Property::new("EMAIL", Shape::Name),
    Property::new("MUST_CHANGE_PASSWORD", Shape::Boolean),
    Property::new("DISABLED", Shape::Boolean),
    Property::new("DEFAULT_WAREHOUSE", Shape::Reference),
    Property::new("DEFAULT_NAMESPACE", Shape::Reference),
    Property::new("DEFAULT_ROLE", Shape::Reference),
    Property::new("DEFAULT_SECONDARY_ROLES", Shape::Texts),
    Property::new("TYPE", Shape::Word(&["PERSON", "SERVICE", "LEGACY_SERVICE"])),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    name(),
    created_on(),
    text("login_name", |it| cell(it.object.shown_or_name("LOGIN_NAME"))),
    text("display_name", |it| cell(it.object.shown_or_name("DISPLAY_NAME"))),
    text("first_name", |it| shown(it, "FIRST_NAME")),
    text("last_name", |it| shown(it, "LAST_NAME")),
    text("email", |it| shown(it, "EMAIL")),
    null("mins_to_unlock"),
    null("days_to_expiry"),
    comment(),
    text("disabled", |it| cell(it.object.flag("DISABLED"))),
    text("must_change_password", |it| cell(it.object.flag("MUST_CHANGE_PASSWORD"))),
    text("snowflake_lock", |_| cell(false)),
    text("default_warehouse", |it| shown(it, "DEFAULT_WAREHOUSE")),
    text("default_namespace", |it| shown(it, "DEFAULT_NAMESPACE")),
    text("default_role", |it| shown(it, "DEFAULT_ROLE")),
    text("default_secondary_roles", |it| cell(secondary_roles(it.object))),
    text("ext_authn_duo", |_| cell(false)),
    null("ext_authn_uid"),
    null("mins_to_bypass_mfa"),
    owner(),
    moment("last_success_login", |_| None),
    moment("expires_at_time", |_| None),
    moment("locked_until_time", |_| None),
    text("has_password", |it| cell(it.data.password.is_some())),
    text("has_rsa_public_key", |_| cell(false)),
    text("type", |it| shown(it, "TYPE")),
];

fn shown(it: &Item<'_, Data>, property: &str) -> Cell {
    optional(&it.object.shown(property))
}

/// DEFAULT_SECONDARY_ROLES as SHOW and DESCRIBE print it.
fn secondary_roles(user: &Object) -> String {
    match user.properties.get("DEFAULT_SECONDARY_ROLES") {
        Some(Value::List(roles)) => serde_json::to_string(roles).unwrap_or_default(),
        _ => r#"["ALL"]"#.to_owned(),
    }
}

fn described(it: &Item<'_, Data>) -> Rows {
    let user = it.object;
    let password = if it.data.password.is_some() { "********" } else { "" };
    let properties = [
        ("NAME", user.name().to_owned()),
        ("COMMENT", user.comment.clone()),
        ("DISPLAY_NAME", user.shown_or_name("DISPLAY_NAME")),
        ("TYPE", user.shown("TYPE")),
        ("LOGIN_NAME", user.shown_or_name("LOGIN_NAME")),
        ("FIRST_NAME", user.shown("FIRST_NAME")),
        ("LAST_NAME", user.shown("LAST_NAME")),
        ("EMAIL", user.shown("EMAIL")),
        ("PASSWORD", password.to_owned()),
        ("MUST_CHANGE_PASSWORD", user.flag("MUST_CHANGE_PASSWORD").to_string()),
        ("DISABLED", user.flag("DISABLED").to_string()),
        ("DEFAULT_WAREHOUSE", user.shown("DEFAULT_WAREHOUSE")),
        ("DEFAULT_NAMESPACE", user.shown("DEFAULT_NAMESPACE")),
        ("DEFAULT_ROLE", user.shown("DEFAULT_ROLE")),
        ("DEFAULT_SECONDARY_ROLES", secondary_roles(user)),
    ];
    Rows::table(
        ["property", "value", "default", "description"],
        properties.into_iter().map(|(name, value)| {
            let value = if value.is_empty() { "null".to_owned() } else { value };
            [cell(name), cell(value), cell("null"), cell("")]
        }),
    )
}

/// Checks that the login name is unique, and that the administrator can still log in.
fn check(it: &Item<'_, Data>) -> Result<Properties, SqlError> {
    let user = it.object;
    let name = user.shown_or_name("LOGIN_NAME");
    if user.name() == ADMIN && (!name.eq_ignore_ascii_case(ADMIN) || user.flag("DISABLED")) {
        return Err(SqlError::invalid(format!(
            "user '{ADMIN}' is the platform's administrator: its login name cannot be changed and \
             it cannot be disabled."
        )));
    }
    match it.lookup.user_by_login(&name) {
        Some(other) if other.path != user.path => Err(SqlError::exists(&name)),
        _ => Ok(Properties::new()),
    }
}

/// Fails for the administrator and for the session's user.
fn check_drop(it: &Item<'_, Data>) -> Result<(), SqlError> {
    let name = it.object.name();
    let is_itself = *it.lookup.identity() == Identity::User(name.to_owned());
    if name == ADMIN || is_itself {
        return Err(SqlError::invalid(format!("user '{name}' cannot be dropped.")));
    }
    Ok(())
}
