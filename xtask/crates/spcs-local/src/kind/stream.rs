//! Streams, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, moment, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("STREAM", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    owner(),
    comment(),
    text("table_name"),
    text("source_type"),
    text("base_tables"),
    text("type"),
    text("stale"),
    text("mode"),
    moment("stale_after"),
    text("invalid_reason"),
    owner_role_type(),
];
