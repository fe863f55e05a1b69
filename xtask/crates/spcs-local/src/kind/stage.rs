//! Stages.

use super::column::{
    Column, comment, created_on, database_name, name, null, owner, owner_role_type, schema_name,
    text,
};
use super::definition::{Definition, Describe, Item};
use super::facts::{Creation, ExternalData, Facts, Verb};
use crate::rows::{Rows, cell, yes};
use crate::sql::Value;
use crate::sql::property::{Property, Shape};

/// A stage's files are on disk, outside the catalog.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(described),
    ..Definition::of(
        Facts {
            created_as: Some("Stage area"),
            creation: Creation::ReplaceOrAlter,
            privileges: &["READ", "WRITE"],
            properties: PROPERTIES,
            verbs: &[("REFRESH", Verb::Refresh)],
            external_data: ExternalData::Files,
            ..Facts::in_schema("STAGE")
        },
        Some(|_| ()),
    )
};

const PROPERTIES: &[Property] = &[
    ENCRYPTION,
    Property::new(
        "DIRECTORY",
        Shape::Options(&[
            Property::new("ENABLE", Shape::Boolean),
            Property::new("AUTO_REFRESH", Shape::Boolean),
        ]),
    ),
    Property::COMMENT,
];

pub(super) const ENCRYPTION: Property = Property::new(
    "ENCRYPTION",
    Shape::Options(&[Property::new("TYPE", Shape::Word(&["SNOWFLAKE_FULL", "SNOWFLAKE_SSE"]))]),
)
.at_creation();

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    text("url", |_| cell("")),
    text("has_credentials", |_| yes(false)),
    text("has_encryption_key", |_| yes(false)),
    owner(),
    comment(),
    null("region"),
    text("type", |it| {
        let encryption = it.object.option("ENCRYPTION", "TYPE");
        let sse = encryption.is_some_and(|kind| kind.shown() == "SNOWFLAKE_SSE");
        cell(if sse { "INTERNAL NO CSE" } else { "INTERNAL" })
    }),
    null("cloud"),
    null("notification_channel"),
    null("storage_integration"),
    null("endpoint"),
    owner_role_type(),
    text("directory_enabled", |it| {
        let enabled = it.object.option("DIRECTORY", "ENABLE").and_then(Value::boolean);
        yes(enabled.unwrap_or(false))
    }),
];

fn described(it: &Item<'_, Data>) -> Rows {
    let options = [
        ("ENCRYPTION", "TYPE", "String", "SNOWFLAKE_FULL"),
        ("DIRECTORY", "ENABLE", "Boolean", "false"),
        ("DIRECTORY", "AUTO_REFRESH", "Boolean", "false"),
    ];
    Rows::table(
        ["parent_property", "property", "property_type", "property_value", "property_default"],
        options.into_iter().map(|(group, name, kind, default)| {
            let value = it.object.option(group, name);
            let value = value.map_or_else(|| default.to_owned(), Value::shown);
            [cell(group), cell(name), cell(kind), cell(value), cell(default)]
        }),
    )
}
