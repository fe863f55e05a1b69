//! Network rules: hosts and ports that services may connect to.

use super::Object;
use super::column::{
    Column, Listing, comment, created_on, database_name, name, number, owner, owner_role_type,
    schema_name, text,
};
use super::definition::{Definition, Item};
use super::facts::Facts;
use super::service::ServiceRecord;
use crate::rows::cell;
use crate::sql::property::{Property, Shape};
use crate::sql::{Properties, SqlError};

/// A rule has only properties.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    check,
    ..Definition::of(
        Facts {
            properties: PROPERTIES,
            used_by: Some(may_use_rules),
            ..Facts::in_schema("NETWORK RULE")
        },
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
        let allowed = host_and_port(value).is_some_and(|(host, port)| match port {
            _ if host.is_empty() || host.contains(['*', '/', ':']) => false,
            80 | 443 => true,
            22 | 1024.. => host != EVERY_ADDRESS,
            _ => false,
        });
        if !allowed {
            return Err(SqlError::invalid(format!(
                "invalid network rule value '{value}': expected a host name without wildcards and \
                 a port (22, 80, 443 or at least 1024; for 0.0.0.0, 80 or 443)."
            )));
        }
    }
    Ok(Properties::new())
}

/// The host that stands for every address.
const EVERY_ADDRESS: &str = "0.0.0.0";

/// The hosts, in lower case, and ports that services may connect to because of a rule.
pub(crate) fn hosts(rule: &Object) -> impl Iterator<Item = (String, u16)> {
    let applies = rule.shown("TYPE") == "HOST_PORT" && rule.shown("MODE") == "EGRESS";
    let values = rule.list("VALUE_LIST").iter().filter(move |_| applies);
    values.filter_map(|value| {
        let (host, port) = host_and_port(value)?;
        Some((host.to_ascii_lowercase(), port))
    })
}

/// `host:port`; without a port, 443.
fn host_and_port(value: &str) -> Option<(&str, u16)> {
    match value.rsplit_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((value, 443)),
    }
}

/// Whether a change of any network rule can concern a service: it has integrations, which list
/// rules.
pub(super) fn may_use_rules(service: &Object, _: &ServiceRecord, _: &str) -> bool {
    !service.list("EXTERNAL_ACCESS_INTEGRATIONS").is_empty()
}
