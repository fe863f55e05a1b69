//! Security integrations. Only the one that services need is supported: OAuth for the ingress.

use super::column::{Column, comment_or_null, created_on, name, text};
use super::definition::{Definition, Describe, Item};
use super::facts::Facts;
use crate::rows::{Rows, cell};
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, Value};

/// An integration has only properties.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(described),
    check: |it| {
        it.object.require_properties(&["TYPE", "OAUTH_CLIENT", "ENABLED"])?;
        Ok(Properties::new())
    },
    ..Definition::of(
        Facts { properties: PROPERTIES, ..integration("SECURITY INTEGRATION") },
        Some(|_| ()),
    )
};

/// The facts that all kinds of integrations share.
pub(super) const fn integration(words: &'static str) -> Facts {
    Facts {
        label: Some("INTEGRATION"),
        privileges: &["USAGE"],
        is_paged: false,
        ..Facts::of(words)
    }
}

const PROPERTIES: &[Property] = &[
    Property::new("TYPE", Shape::Word(&["OAUTH"])).at_creation(),
    Property::new("OAUTH_CLIENT", Shape::Word(&["SNOWSERVICES_INGRESS"])).at_creation(),
    Property::new("ENABLED", Shape::Boolean),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    name(),
    text("type", |it| cell(format!("OAUTH - {}", it.object.shown("OAUTH_CLIENT")))),
    text("category", |_| cell("SECURITY")),
    text("enabled", |it| cell(it.object.flag("ENABLED"))),
    comment_or_null(),
    created_on(),
];

/// DESCRIBE of an integration: one row for each property.
pub(super) fn described<D>(it: &Item<'_, D>) -> Rows {
    let properties = it.object.properties.iter().map(|(name, value)| {
        let (kind, default) = match value {
            Value::Boolean(_) => ("Boolean", "false"),
            Value::List(_) => ("List", "[]"),
            _ => ("String", ""),
        };
        [cell(name), cell(kind), cell(value.shown()), cell(default)]
    });
    let comment = [cell("COMMENT"), cell("String"), cell(&it.object.comment), cell("")];
    Rows::table(
        ["property", "property_type", "property_value", "property_default"],
        properties.chain([comment]),
    )
}
