//! Kinds that Snowflake has and that cannot be created here. SHOW lists no objects of them, with
//! the columns that Snowflake documents.

use serde::{Deserialize, Serialize};

use super::column::{self, Column};
use super::definition::Definition;
use super::facts::{Creation, Facts};

/// The data of an object of such a kind: no value exists, so no object does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Nothing {}

/// A kind in a schema that can only be listed.
pub(super) const fn in_schema(
    words: &'static str,
    columns: &'static [Column<Nothing>],
) -> Definition<Nothing> {
    of(Facts::in_schema(words), columns)
}

/// A kind that can only be listed.
pub(super) const fn of(facts: Facts, columns: &'static [Column<Nothing>]) -> Definition<Nothing> {
    let facts = Facts { creation: Creation::Never, properties: &[], ..facts };
    Definition { columns, ..Definition::of(facts, None) }
}

pub(super) const fn text(name: &'static str) -> Column<Nothing> {
    column::text(name, |it| match *it.data {})
}

pub(super) const fn number(name: &'static str) -> Column<Nothing> {
    column::number(name, |it| match *it.data {})
}

pub(super) const fn moment(name: &'static str) -> Column<Nothing> {
    column::moment(name, |it| match *it.data {})
}
