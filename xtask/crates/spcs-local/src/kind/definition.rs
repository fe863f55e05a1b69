//! The type of which each kind has one value.

use super::column::{Column, Place};
use super::facts::{Facts, Verb};
use super::lookup::Lookup;
use super::object::Object;
use crate::clock::Millis;
use crate::rows::{Cell, Rows};
use crate::sql::{Properties, SqlError, Value};

/// A kind whose objects hold a `D` besides their properties.
pub(super) struct Definition<D: 'static> {
    pub(super) facts: Facts,
    /// The columns of SHOW and, if it has the same, of DESCRIBE.
    pub(super) columns: &'static [Column<D>],
    pub(super) describe: Describe<D>,
    /// What a new object holds; `None` for a kind that is not made by its properties alone.
    pub(super) new: Option<fn(Millis) -> D>,
    /// Takes a property that is not kept among the others, or changes how it is kept.
    pub(super) keep: fn(&mut D, &str, Value) -> Option<Value>,
    /// Takes away a property that `keep` took.
    pub(super) forget: fn(&mut D, &str),
    /// Carries out a verb of ALTER.
    pub(super) act: fn(&mut D, Verb, Millis),
    /// What must hold after CREATE and ALTER; gives the properties to be kept in place of those
    /// that were written.
    pub(super) check: fn(&Item<'_, D>) -> Result<Properties, SqlError>,
    /// What must hold before DROP, unless it is forced.
    pub(super) before_drop: fn(&Item<'_, D>, bool) -> Result<(), SqlError>,
}

/// What DESCRIBE gives.
pub(super) enum Describe<D: 'static> {
    /// One row of the columns of SHOW that are for both, and those that are for DESCRIBE.
    Row,
    /// A table of its own.
    Table(fn(&Item<'_, D>) -> Rows),
}

/// An object, what it holds, and what is around it.
pub(super) struct Item<'a, D> {
    pub(super) object: &'a Object,
    pub(super) data: &'a D,
    pub(super) around: &'a dyn Lookup,
}

impl<D> Definition<D> {
    /// A kind without columns that demands nothing.
    pub(super) const fn of(facts: Facts, new: Option<fn(Millis) -> D>) -> Self {
        Self {
            facts,
            columns: &[],
            describe: Describe::Row,
            new,
            keep: |_, _, value| Some(value),
            forget: |_, _| {},
            act: |_, _, _| {},
            check: |_| Ok(Properties::new()),
            before_drop: |_, _| Ok(()),
        }
    }

    fn columns(&self, place: Place) -> impl Iterator<Item = &Column<D>> {
        self.columns.iter().filter(move |column| column.is_in(place))
    }

    /// No rows yet.
    pub(super) fn rows(&self, place: Place) -> Rows {
        Rows::typed(self.columns(place).map(|column| (column.name, column.kind)))
    }

    pub(super) fn row(&self, item: &Item<'_, D>, place: Place) -> Vec<Cell> {
        self.columns(place).map(|column| (column.cell)(item)).collect()
    }

    pub(super) fn describe(&self, item: &Item<'_, D>) -> Rows {
        match self.describe {
            Describe::Row => {
                let mut rows = self.rows(Place::Describe);
                rows.push(self.row(item, Place::Describe));
                rows
            }
            Describe::Table(table) => table(item),
        }
    }
}
