//! Secrets: values for containers that no statement shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::column::{
    Column, Listing, comment_or_null, created_on, database_name, name, null, owner,
    owner_role_type, schema_name, text,
};
use super::definition::{Definition, Item};
use super::facts::Facts;
use crate::password::random;
use crate::rows::{cell, optional};
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, SqlError, Value};

/// The secret values by the name of their property; for a SYMMETRIC_KEY, the generated key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    values: BTreeMap<String, Value>,
}

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    set: |data, name, value| match value {
        Value::Secret(_) => {
            data.values.insert(name.to_owned(), value);
            None
        }
        Value::Word(word) if word == "SYMMETRIC_KEY" => {
            data.values.insert(KEY.to_owned(), Value::Secret(random().into()));
            Some(Value::Word(word))
        }
        value => Some(value),
    },
    unset: |data, name| {
        data.values.remove(name);
    },
    check,
    ..Definition::of(
        Facts {
            privileges: &["READ", "USAGE"],
            properties: PROPERTIES,
            ..Facts::in_schema("SECRET")
        },
        Some(|_| Data { values: BTreeMap::new() }),
    )
};

/// The name of the key that the platform generates for a SYMMETRIC_KEY.
const KEY: &str = "KEY";

/// Includes the properties of unsupported types, so that `check` can reject the type by name.
const PROPERTIES: &[Property] = &[
    Property::new(
        "TYPE",
        Shape::Word(&[
            "GENERIC_STRING",
            "PASSWORD",
            "SYMMETRIC_KEY",
            "OAUTH2",
            "CLOUD_PROVIDER_TOKEN",
        ]),
    )
    .at_creation(),
    Property::new("SECRET_STRING", Shape::Secret),
    Property::new("USERNAME", Shape::Text),
    Property::new("PASSWORD", Shape::Secret),
    Property::new("ALGORITHM", Shape::Word(&["GENERIC"])).at_creation(),
    Property::new("API_AUTHENTICATION", Shape::Reference),
    Property::new("OAUTH_SCOPES", Shape::Texts),
    Property::new("OAUTH_REFRESH_TOKEN", Shape::Secret),
    Property::new("OAUTH_REFRESH_TOKEN_EXPIRY_TIME", Shape::Text),
    Property::new("ENABLED", Shape::Boolean),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    schema_name(),
    database_name(),
    owner(),
    comment_or_null(),
    text("secret_type", |it| cell(it.object.shown("TYPE"))),
    text("username", |it| optional(&it.object.shown("USERNAME"))).only(Listing::Describe),
    null("oauth_access_token_expiry_time").only(Listing::Describe),
    null("oauth_refresh_token_expiry_time").only(Listing::Describe),
    null("oauth_scopes"),
    owner_role_type().only(Listing::Show),
    null("integration_name").only(Listing::Describe),
];

/// Checks that the secret has exactly the properties that its type requires.
fn check(it: &Item<'_, Data>) -> Result<Properties, SqlError> {
    it.object.require_properties(&["TYPE"])?;
    let kind = it.object.shown("TYPE");
    let needed: &[&str] = match kind.as_str() {
        "GENERIC_STRING" => &["SECRET_STRING"],
        "PASSWORD" => &["USERNAME", "PASSWORD"],
        "SYMMETRIC_KEY" => &["ALGORITHM", KEY],
        other => return Err(SqlError::unsupported(&format!("SECRET of TYPE {other}"))),
    };
    let given: Vec<&str> =
        it.object.properties.keys().chain(it.data.values.keys()).map(String::as_str).collect();
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !given.contains(name)).collect();
    if !missing.is_empty() {
        return Err(SqlError::missing_options(&missing));
    }
    match given.iter().find(|name| **name != "TYPE" && !needed.contains(name)) {
        Some(other) => Err(SqlError::invalid_property(other, "SECRET")),
        None => Ok(Properties::new()),
    }
}
