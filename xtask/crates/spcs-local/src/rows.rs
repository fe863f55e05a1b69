//! Results of statements: typed columns and rows of text.

use crate::clock::Millis;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Text,
    Number,
    /// A number with this many decimals.
    Decimal(usize),
    Boolean,
    /// TIMESTAMP_LTZ(3).
    Timestamp,
}

/// One cell; `None` is NULL.
pub(crate) type Cell = Option<String>;

/// The result of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<(String, ColumnType)>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether it is only a status message.
    pub(crate) is_status: bool,
}

impl Rows {
    /// An empty result with these columns.
    pub(crate) fn typed(columns: impl Iterator<Item = (&'static str, ColumnType)>) -> Self {
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind)).collect();
        Self { columns, rows: Vec::new(), is_status: false }
    }

    /// A result with these rows. The column names are those of [`Rows::new`].
    pub(crate) fn table<const N: usize>(
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Self {
        let rows = rows.into_iter().map(|row| row.to_vec()).collect();
        Self { rows, ..Self::new(&columns) }
    }

    /// An empty result. A column is text unless its name ends in `#` (number), `?` (boolean) or
    /// `@` (timestamp).
    pub(crate) fn new(columns: &[&str]) -> Self {
        let typed = |name: &&str| {
            let (kind, length) = match name.as_bytes().last() {
                Some(b'#') => (ColumnType::Number, name.len() - 1),
                Some(b'?') => (ColumnType::Boolean, name.len() - 1),
                Some(b'@') => (ColumnType::Timestamp, name.len() - 1),
                _ => (ColumnType::Text, name.len()),
            };
            (name[..length].to_owned(), kind)
        };
        Self { columns: columns.iter().map(typed).collect(), rows: Vec::new(), is_status: false }
    }

    /// A status message: one row with the column `status`.
    pub(crate) fn status(message: impl Into<String>) -> Self {
        let mut rows = Self::new(&["status"]);
        rows.rows.push(vec![Some(message.into())]);
        rows.is_status = true;
        rows
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "{:?}", self.columns);
        self.rows.push(row);
    }
}

/// A cell with a value.
pub(crate) fn cell(value: impl ToString) -> Cell {
    Some(value.to_string())
}

/// A cell with text; NULL if it is empty.
pub(crate) fn optional(value: &str) -> Cell {
    (!value.is_empty()).then(|| value.to_owned())
}

/// `Y` or `N`.
pub(crate) fn yes(value: bool) -> Cell {
    cell(if value { "Y" } else { "N" })
}

/// A TIMESTAMP_LTZ(3): seconds with exactly three decimals.
pub(crate) fn moment(millis: Millis) -> Cell {
    Some(format!("{}.{:03}", millis / 1000, millis % 1000))
}
