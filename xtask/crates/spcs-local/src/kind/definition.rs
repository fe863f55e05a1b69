//! The definition of a kind; each file in this directory that defines a kind has one.

use super::column::{Column, Listing};
use super::facts::{Facts, Verb};
use super::lookup::Lookup;
use super::object::Object;
use crate::clock::Millis;
use crate::rows::{Cell, Rows};
use crate::sql::{Properties, SqlError, Value};

/// A kind whose objects have the data `D` in addition to their properties.
pub(super) struct Definition<D: 'static> {
    pub(super) facts: Facts,
    /// The columns of SHOW, and of [`Describe::Row`].
    pub(super) columns: &'static [Column<D>],
    pub(super) describe: Describe<D>,
    /// The data of a new object; `None` if CREATE needs more than the properties.
    pub(super) new: Option<fn(Millis) -> D>,
    /// Stores a property in the data and returns `None`, or returns the value to store.
    pub(super) set: fn(&mut D, &str, Value) -> Option<Value>,
    /// Removes a property that `set` stored in the data.
    pub(super) unset: fn(&mut D, &str),
    /// Executes a verb of ALTER.
    pub(super) act: fn(&mut D, Verb, Millis),
    /// Validates the object after CREATE and ALTER. Returns properties in their normalised form,
    /// which replace the ones written.
    pub(super) check: fn(&Item<'_, D>) -> Result<Properties, SqlError>,
    /// Checks whether the object can be dropped; the flag is DROP's FORCE.
    pub(super) before_drop: fn(&Item<'_, D>, bool) -> Result<(), SqlError>,
}

/// The result of DESCRIBE.
pub(super) enum Describe<D: 'static> {
    /// One row with the columns that are not only for SHOW.
    Row,
    /// A separate table.
    Table(fn(&Item<'_, D>) -> Rows),
}

/// An object, its data, and access to the rest of the account.
pub(super) struct Item<'a, D> {
    pub(super) object: &'a Object,
    pub(super) data: &'a D,
    pub(super) lookup: &'a dyn Lookup,
}

impl<D> Definition<D> {
    /// A kind without columns and checks.
    pub(super) const fn of(facts: Facts, new: Option<fn(Millis) -> D>) -> Self {
        Self {
            facts,
            columns: &[],
            describe: Describe::Row,
            new,
            set: |_, _, value| Some(value),
            unset: |_, _| {},
            act: |_, _, _| {},
            check: |_| Ok(Properties::new()),
            before_drop: |_, _| Ok(()),
        }
    }

    fn columns(&self, listing: Listing) -> impl Iterator<Item = &Column<D>> {
        self.columns.iter().filter(move |column| column.is_in(listing))
    }

    /// An empty result.
    pub(super) fn rows(&self, listing: Listing) -> Rows {
        Rows::typed(self.columns(listing).map(|column| (column.name, column.kind)))
    }

    pub(super) fn row(&self, item: &Item<'_, D>, listing: Listing) -> Vec<Cell> {
        self.columns(listing).map(|column| (column.cell)(item)).collect()
    }

    pub(super) fn describe(&self, item: &Item<'_, D>) -> Rows {
        match self.describe {
            Describe::Row => {
                let mut rows = self.rows(Listing::Describe);
                rows.push(self.row(item, Listing::Describe));
                rows
            }
            Describe::Table(table) => table(item),
        }
    }
}
