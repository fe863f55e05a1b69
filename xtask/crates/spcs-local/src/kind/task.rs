//! Tasks, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("TASK", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    text("id"),
    database_name(),
    schema_name(),
    owner(),
    comment(),
    text("warehouse"),
    text("schedule"),
    text("predecessors"),
    text("state"),
    text("definition"),
    text("condition"),
    owner_role_type(),
];
