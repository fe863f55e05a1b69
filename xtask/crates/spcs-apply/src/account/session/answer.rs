//! Query results as text. This crate reads names, states and numbers from SHOW and DESCRIBE, and
//! their text does not depend on the column type that a server reports.

use snowflake_connector_rs::decode::{PlanBuildResult, RowDecodeResult};
use snowflake_connector_rs::{FromRow, RowPlanContext, RowRef};

/// The result of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Column names as the server sent them.
    pub columns: Vec<String>,
    /// The rows; `None` is NULL. Timestamps are seconds since 1970.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// The rows, with access to columns by name.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }

    /// The first value of the first row, such as the result of `SELECT SYSTEM$…`.
    pub fn scalar(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }
}

/// One row of a result.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [String],
    values: &'a [Option<String>],
}

impl<'a> Row<'a> {
    /// The value of a column, ignoring the case of its name; `None` if NULL or without that column.
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let index = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.values.get(index)?.as_deref()
    }

    /// The value of a column, or the empty string.
    pub fn text(&self, column: &str) -> &'a str {
        self.get(column).unwrap_or_default()
    }
}

/// A row as the server sent it.
struct Raw(Vec<Option<String>>);

impl FromRow for Raw {
    type Plan = usize;

    fn build_plan(context: RowPlanContext<'_>) -> PlanBuildResult<usize> {
        Ok(context.schema().len())
    }

    fn from_row_with_plan(row: RowRef<'_>, columns: &usize) -> RowDecodeResult<Raw> {
        let mut values = Vec::with_capacity(*columns);
        for index in 0..*columns {
            values.push(row.cell_at(index)?.raw().map(str::to_owned));
        }
        Ok(Raw(values))
    }
}

/// Sends a statement and reads its whole result.
pub(super) async fn fetch(
    session: &snowflake_connector_rs::Session,
    sql: String,
) -> snowflake_connector_rs::Result<Rows> {
    let cursor = session.query_as::<Raw, _>(sql).await?;
    let columns = cursor.schema().columns().iter().map(|column| column.name().to_owned());
    let columns = columns.collect();
    let rows: Vec<Raw> = cursor.collect().await?;
    Ok(Rows { columns, rows: rows.into_iter().map(|row| row.0).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_lookup_ignores_case() {
        let rows = Rows {
            columns: vec!["name".to_owned(), "STATE".to_owned()],
            rows: vec![vec![Some("POOL".to_owned()), None]],
        };
        let row = rows.iter().next().unwrap();
        assert_eq!((row.get("NAME"), row.get("state"), row.text("none")), (Some("POOL"), None, ""));
        assert_eq!(rows.scalar(), Some("POOL"));
    }
}
