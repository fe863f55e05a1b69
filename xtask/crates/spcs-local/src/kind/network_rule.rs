//! Network rules: hosts and ports that services may connect to.

use super::column::{
    Column, Listing, comment, created_on, database_name, name, number, owner, owner_role_type,
    schema_name, text,
};
use super::definition::{Definition, Item};
use super::facts::Facts;
use crate::rows::cell;
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, SqlError};

/// A rule has only properties.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    check,
    ..Definition::of(
        Facts { properties: PROPERTIES, ..Facts::in_schema("NETWORK RULE") },
        Some(|_| ()),
    )
};

const PROPERTIES: &[Property] = &[
    Property::new(
        "TYPE",
        Shape::Word(&["IPV4", "AWSVPCEID", "AZURELINKID", "HOST_PORT", "PRIVATE_HOST_PORT"]),
    )
    .at_creation(),
    Property::new("VALUE_LIST", Shape::Texts),
    Property::new("MODE", Shape::Word(&["INGRESS", "INTERNAL_STAGE", "EGRESS"]))
        .or_word("INGRESS")
        .at_creation(),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    owner(),
    comment(),
    text("type", |it| cell(it.object.shown("TYPE"))),
    text("mode", |it| cell(it.object.shown("MODE"))),
    number("entries_in_valuelist", |it| cell(it.object.list("VALUE_LIST").len()))
        .only(Listing::Show),
    owner_role_type().only(Listing::Show),
    text("value_list", |it| cell(it.object.shown("VALUE_LIST"))).only(Listing::Describe),
];

fn check(it: &Item<'_, Data>) -> Result<Properties, SqlError> {
    it.object.require_properties(&["TYPE", "VALUE_LIST"])?;
    if it.object.shown("TYPE") != "HOST_PORT" {
        return Ok(Properties::new());
    }
    if it.object.shown("MODE") != "EGRESS" {
        return Err(SqlError::invalid("network rules of TYPE HOST_PORT must have MODE = EGRESS."));
    }
    for value in it.object.list("VALUE_LIST") {
        let (host, port) = match value.rsplit_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()),
            None => (value.as_str(), Some(443)),
        };
        let allowed = match port {
            Some(80 | 443) => true,
            Some(22 | 1024..) => host != "0.0.0.0",
            _ => false,
        };
        if !allowed || host.is_empty() || host.contains(['*', '/']) {
            return Err(SqlError::invalid(format!(
                "invalid network rule value '{value}': expected a host name without wildcards and \
                 a port (22, 80, 443 or at least 1024; for 0.0.0.0, 80 or 443)."
            )));
        }
    }
    Ok(Properties::new())
}
