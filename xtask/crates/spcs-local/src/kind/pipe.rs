//! Pipes, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("PIPE", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    text("definition"),
    owner(),
    text("notification_channel"),
    comment(),
    text("integration"),
    text("pattern"),
    text("error_integration"),
    owner_role_type(),
    text("invalid_reason"),
];
