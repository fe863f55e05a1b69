//! Columns of SHOW and DESCRIBE: a name, a type, and a function that computes the cell.

use super::definition::Item;
use crate::rows::{Cell, ColumnType, cell, moment as at, optional};

/// A column of SHOW, DESCRIBE or both, for objects with the data `D`.
pub(super) struct Column<D: 'static> {
    pub(super) name: &'static str,
    pub(super) kind: ColumnType,
    pub(super) cell: fn(&Item<'_, D>) -> Cell,
    /// The only statement that has the column; `None`: both have it.
    only: Option<Listing>,
}

/// A statement that prints objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Show,
    Describe,
}

impl<D> Column<D> {
    const fn new(
        name: &'static str,
        kind: ColumnType,
        cell: fn(&Item<'_, D>) -> Cell,
    ) -> Column<D> {
        Column { name, kind, cell, only: None }
    }

    /// The same column, in one of the statements only.
    pub(super) const fn only(self, listing: Listing) -> Column<D> {
        Column { name: self.name, kind: self.kind, cell: self.cell, only: Some(listing) }
    }

    pub(super) fn is_in(&self, listing: Listing) -> bool {
        self.only.is_none_or(|only| only == listing)
    }
}

pub(super) const fn text<D>(name: &'static str, cell: fn(&Item<'_, D>) -> Cell) -> Column<D> {
    Column::new(name, ColumnType::Text, cell)
}

pub(super) const fn number<D>(name: &'static str, cell: fn(&Item<'_, D>) -> Cell) -> Column<D> {
    Column::new(name, ColumnType::Number, cell)
}

pub(super) const fn moment<D>(name: &'static str, cell: fn(&Item<'_, D>) -> Cell) -> Column<D> {
    Column::new(name, ColumnType::Timestamp, cell)
}

/// A text column that is always NULL.
pub(super) const fn null<D>(name: &'static str) -> Column<D> {
    text(name, |_| None)
}

pub(super) const fn name<D>() -> Column<D> {
    text("name", |it| cell(it.object.name()))
}

pub(super) const fn database_name<D>() -> Column<D> {
    text("database_name", |it| cell(&it.object.path[0]))
}

pub(super) const fn schema_name<D>() -> Column<D> {
    text("schema_name", |it| cell(&it.object.path[1]))
}

pub(super) const fn owner<D>() -> Column<D> {
    text("owner", |it| cell(&it.object.owner))
}

pub(super) const fn owner_role_type<D>() -> Column<D> {
    text("owner_role_type", |_| cell("ROLE"))
}

pub(super) const fn comment<D>() -> Column<D> {
    text("comment", |it| cell(&it.object.comment))
}

/// The comment, or NULL if it is empty.
pub(super) const fn comment_or_null<D>() -> Column<D> {
    text("comment", |it| optional(&it.object.comment))
}

pub(super) const fn created_on<D>() -> Column<D> {
    moment("created_on", |it| at(it.object.created))
}

pub(super) const fn updated_on<D>() -> Column<D> {
    moment("updated_on", |it| at(it.object.updated))
}
