//! Schemas.

use super::column::{Column, comment, created_on, database_name, name, owner, text};
use super::database::{PROPERTIES, contents, owner_role_type, retention_time};
use super::definition::{Definition, Describe};
use super::facts::{Creation, DropWord, Facts, SessionPart};
use super::network_rule::may_use_rules;
use crate::rows::{cell, yes};

/// A schema has no data of its own.
pub(super) type Data = ();

pub(super) static KIND: Definition<Data> = Definition {
    columns: COLUMNS,
    describe: Describe::Table(contents),
    ..Definition::of(
        Facts {
            depth: 2,
            creation: Creation::ReplaceOrAlter,
            is_container: true,
            privileges: &[
                "APPLYBUDGET",
                "CREATE NOTEBOOK",
                "CREATE SNAPSHOT",
                "CREATE STREAMLIT",
                "MODIFY",
                "MONITOR",
                "USAGE",
            ],
            properties: PROPERTIES,
            drop_word: Some(DropWord::Cascade),
            // It may contain network rules.
            used_by: Some(may_use_rules),
            session: Some(SessionPart::Schema),
            ..Facts::of("SCHEMA")
        },
        Some(|_| ()),
    )
};

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    text("is_default", |_| yes(false)),
    text("is_current", |it| yes(it.lookup.is_current(it.object))),
    database_name(),
    owner(),
    comment(),
    text("options", |_| cell("")),
    retention_time(),
    text("owner_role_type", owner_role_type),
];
