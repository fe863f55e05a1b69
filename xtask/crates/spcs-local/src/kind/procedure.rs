//! Procedures, which can only be listed.

use super::column::{Column, created_on, name, schema_name};
use super::definition::Definition;
use super::list_only::{self, Nothing, number, text};

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::in_schema("PROCEDURE", COLUMNS);

const COLUMNS: &[Column<Data>] = &[
    created_on(),
    name(),
    schema_name(),
    text("is_builtin"),
    text("is_aggregate"),
    text("is_ansi"),
    number("min_num_arguments"),
    number("max_num_arguments"),
    text("arguments"),
    text("description"),
    text("catalog_name"),
    text("is_table_function"),
    text("valid_for_clustering"),
    text("is_secure"),
];
