//! Tables, which can only be listed.

use super::column::{
    Column, comment, created_on, database_name, name, owner, owner_role_type, schema_name,
};
use super::definition::Definition;
use super::list_only::{self, Nothing, number, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("TABLE", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    database_name(),
    schema_name(),
    text("kind"),
    comment(),
    text("cluster_by"),
    number("rows"),
    number("bytes"),
    owner(),
    text("retention_time"),
    owner_role_type(),
];
