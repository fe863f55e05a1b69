//! External access integrations: the hosts that services may connect to.

use super::Kind;
use super::column::{Column, comment_or_null, created_on, name, text};
use super::definition::{Definition, Describe, Item};
use super::facts::Facts;
use super::security_integration::{described, integration};
use crate::rows::cell;
use crate::sql::property::{Property, Shape};
use crate::sql::{ObjectName, Properties, SqlError, Value, parse_name};

/// An integration has only properties.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(described),
    check,
    ..Definition::of(
        Facts {
            properties: PROPERTIES,
            used_by: Some(|service, _, name| {
                let names = service.list("EXTERNAL_ACCESS_INTEGRATIONS");
                names.iter().any(|known| known == name)
            }),
            ..integration("EXTERNAL ACCESS INTEGRATION")
        },
        Some(|_| ()),
    )
};

const PROPERTIES: &[Property] = &[
    Property::new("ALLOWED_NETWORK_RULES", Shape::Names),
    Property::new("ALLOWED_AUTHENTICATION_SECRETS", Shape::Names),
    Property::new("ENABLED", Shape::Boolean),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    name(),
    text("type", |_| cell("EXTERNAL_ACCESS")),
    text("category", |_| cell("EXTERNAL_ACCESS")),
    text("enabled", |it| cell(it.object.flag("ENABLED"))),
    comment_or_null(),
    created_on(),
];

/// SPCS's limit for one integration.
const MAX_HOSTS: usize = 100;

/// Checks that the rules and secrets exist, and replaces their names by their full names.
fn check(it: &Item<'_, Data>) -> Result<Properties, SqlError> {
    it.object.require_properties(&["ALLOWED_NETWORK_RULES", "ENABLED"])?;
    let mut full = Vec::new();
    let mut hosts = 0;
    for name in it.object.list("ALLOWED_NETWORK_RULES") {
        let rule = it.lookup.visible(Kind::NetworkRule, &parse_name(name)?)?;
        let rule = rule.ok_or_else(|| SqlError::missing("Network Rule", name))?;
        hosts += rule.list("VALUE_LIST").len();
        full.push(ObjectName(rule.path.clone()).sql());
    }
    if hosts > MAX_HOSTS {
        return Err(SqlError::invalid(format!(
            "an external access integration can have at most {MAX_HOSTS} hosts; its network rules \
             have {hosts}."
        )));
    }
    let mut kept = vec![("ALLOWED_NETWORK_RULES".to_owned(), Value::List(full))];
    if it.object.properties.contains_key("ALLOWED_AUTHENTICATION_SECRETS") {
        kept.push(("ALLOWED_AUTHENTICATION_SECRETS".to_owned(), Value::List(secrets(it)?)));
    }
    Ok(kept)
}

/// The full names of the secrets, or `ALL` or `NONE`.
fn secrets(it: &Item<'_, Data>) -> Result<Vec<String>, SqlError> {
    let names = it.object.list("ALLOWED_AUTHENTICATION_SECRETS");
    if let [word] = names
        && matches!(word.as_str(), "ALL" | "NONE")
    {
        return Ok(names.to_vec());
    }
    let full = names.iter().map(|name| {
        let secret = it.lookup.visible(Kind::Secret, &parse_name(name)?)?;
        let secret = secret.ok_or_else(|| SqlError::missing("Secret", name))?;
        if !it.lookup.holds(secret, &["USAGE", "READ"]) {
            return Err(SqlError::insufficient(&format!("secret '{}'", secret.name())));
        }
        Ok(ObjectName(secret.path.clone()).sql())
    });
    full.collect()
}
