//! File formats, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("FILE FORMAT", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    text("type"),
    owner(),
    comment(),
    text("format_options"),
    owner_role_type(),
];
