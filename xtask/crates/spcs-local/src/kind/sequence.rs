//! Sequences, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, number, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("SEQUENCE", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    name(),
    database_name(),
    schema_name(),
    number("next_value"),
    number("interval"),
    created_on(),
    owner(),
    comment(),
    owner_role_type(),
    text("ordered"),
];
