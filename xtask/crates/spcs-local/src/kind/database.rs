//! Databases.

use super::column::{Column, comment, created_on, name, null, owner, text};
use super::definition::{Definition, Describe, Item};
use super::facts::{Creation, DropWord, Facts, SessionPart};
use super::network_rule::may_use_rules;
use super::{Data as ObjectData, Object};
use crate::rows::{Cell, Rows, cell, moment, yes};
use crate::sql::property::{Property, Shape};

/// A database has no data of its own.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(contents),
    ..Definition::of(
        Facts {
            creation: Creation::ReplaceOrAlter,
            is_container: true,
            contents: |database| {
                let schema = |name: &str, owner: &str| {
                    let path = vec![database.path[0].clone(), name.to_owned()];
                    Object::new(ObjectData::Schema(()), path, owner, database.created)
                };
                vec![schema("INFORMATION_SCHEMA", ""), schema("PUBLIC", &database.owner)]
            },
            privileges: &["APPLYBUDGET", "CREATE DATABASE ROLE", "MODIFY", "MONITOR", "USAGE"],
            properties: PROPERTIES,
            drop_word: Some(DropWord::Cascade),
            // It may contain network rules.
            used_by: Some(may_use_rules),
            session: Some(SessionPart::Database),
            ..Facts::of("DATABASE")
        },
        Some(|_| ()),
    )
};

/// The properties of databases and schemas.
pub(super) const PROPERTIES: &[Property] = &[
    Property::new("DATA_RETENTION_TIME_IN_DAYS", Shape::Number).or_number(1),
    Property::new("MAX_DATA_EXTENSION_TIME_IN_DAYS", Shape::Number),
    Property::new("DEFAULT_DDL_COLLATION", Shape::Text),
    Property::new(
        "LOG_LEVEL",
        Shape::Word(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"]),
    ),
    Property::COMMENT,
];

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    text("is_default", |_| yes(false)),
    text("is_current", |it| yes(it.lookup.is_current(it.object))),
    text("origin", |_| cell("")),
    owner(),
    comment(),
    text("options", |_| cell("")),
    retention_time(),
    text("kind", |_| cell("STANDARD")),
    null("budget"),
    text("owner_role_type", owner_role_type),
];

pub(super) const fn retention_time<D>() -> Column<D> {
    text("retention_time", |it| cell(it.object.number("DATA_RETENTION_TIME_IN_DAYS")))
}

/// Objects of the system have no owner.
pub(super) fn owner_role_type<D>(it: &Item<'_, D>) -> Cell {
    cell(if it.object.owner.is_empty() { "" } else { "ROLE" })
}

/// DESCRIBE of a database or schema: the objects in it.
pub(super) fn contents<D>(it: &Item<'_, D>) -> Rows {
    Rows::table(
        ["created_on@", "name", "kind"],
        it.lookup.contents(it.object).into_iter().map(|inner| {
            let kind = inner.kind().label().replace(' ', "_");
            [moment(inner.created), cell(inner.name()), cell(kind)]
        }),
    )
}
