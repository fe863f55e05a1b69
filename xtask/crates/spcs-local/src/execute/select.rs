//! SELECT of literals and functions, and CALL.

use std::future::Future;
use std::pin::Pin;

use super::Executor;
use crate::account::{ACCOUNT, ORGANISATION};
use crate::clock;
use crate::rows::{Cell, ColumnType, Rows, cell, moment};
use crate::sql::{Expression, SqlError, budget};
use crate::statement::Projection;

/// The Snowflake version that the platform reports.
pub(crate) const VERSION: &str = "10.1.0";

type Computed = (Cell, ColumnType);

impl Executor {
    pub(super) async fn select(&self, projections: &[Projection]) -> Result<Rows, SqlError> {
        let mut rows = Rows::new(&[]);
        let mut row = Vec::new();
        let mut size = 0;
        for projection in projections {
            let (value, kind) = self.compute(&projection.expression).await?;
            size += value.as_ref().map_or(0, String::len);
            budget::check(size, budget::MAX_ROW, "bytes of one row")?;
            rows.columns.push((projection.column.clone(), kind));
            row.push(value);
        }
        rows.push(row);
        Ok(rows)
    }

    pub(super) async fn call(
        &self,
        function: &str,
        arguments: &[Expression],
    ) -> Result<Rows, SqlError> {
        if !function.starts_with("SYSTEM$") {
            return Err(SqlError::missing("Procedure", function));
        }
        let (value, kind) = self.function(function, arguments).await?;
        let mut rows = Rows::new(&[function]);
        rows.columns[0].1 = kind;
        rows.push(vec![value]);
        Ok(rows)
    }

    fn compute<'a>(
        &'a self,
        expression: &'a Expression,
    ) -> Pin<Box<dyn Future<Output = Result<Computed, SqlError>> + Send + 'a>> {
        Box::pin(async move {
            Ok(match expression {
                Expression::Text(text) => (cell(text), ColumnType::Text),
                Expression::Number(number) => {
                    let kind = match number.split_once('.') {
                        Some((_, fraction)) => ColumnType::Decimal(fraction.len()),
                        None => ColumnType::Number,
                    };
                    (cell(number), kind)
                }
                // The classic Python connector reads `true` as false, so send 1 and 0.
                Expression::Boolean(flag) => (cell(u8::from(*flag)), ColumnType::Boolean),
                Expression::Null => (None, ColumnType::Text),
                Expression::Concatenation(parts) => {
                    let mut whole = cell("");
                    for part in parts {
                        let (part, _) = self.compute(part).await?;
                        whole = whole.zip(part).map(|(whole, part)| whole + &part);
                        let size = whole.as_ref().map_or(0, String::len);
                        budget::check(size, budget::MAX_ROW, "bytes of one value")?;
                    }
                    (whole, ColumnType::Text)
                }
                Expression::Function(name, arguments) => self.function(name, arguments).await?,
            })
        })
    }

    async fn function(&self, name: &str, arguments: &[Expression]) -> Result<Computed, SqlError> {
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.compute(argument).await?.0.unwrap_or_default());
        }
        if let Some(system) = name.strip_prefix("SYSTEM$") {
            return Ok((self.system_function(system, &values).await?, ColumnType::Text));
        }
        if !values.is_empty() {
            return Err(unknown(name));
        }
        let session = self.session_state();
        let value = match name {
            "CURRENT_ROLE" => Some(session.role),
            "CURRENT_USER" => cell(session.identity.name()),
            "CURRENT_ACCOUNT" | "CURRENT_ACCOUNT_NAME" => cell(ACCOUNT),
            "CURRENT_ORGANIZATION_NAME" => cell(ORGANISATION),
            "CURRENT_DATABASE" => session.namespace.database,
            "CURRENT_SCHEMA" => session.namespace.schema,
            "CURRENT_WAREHOUSE" => session.warehouse,
            "CURRENT_VERSION" => cell(VERSION),
            "CURRENT_REGION" => cell("LOCAL"),
            "CURRENT_SESSION" => cell(self.session.id),
            "CURRENT_CLIENT" => cell(""),
            "LAST_QUERY_ID" => session.last_query,
            "CURRENT_SECONDARY_ROLES" => {
                let value = if session.secondary { "ALL" } else { "" };
                cell(serde_json::json!({"roles": "", "value": value}))
            }
            "CURRENT_AVAILABLE_ROLES" => {
                let roles = self.account.catalog.read(|state| state.roles_of(&session.identity));
                cell(serde_json::json!(*roles))
            }
            "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" => {
                return Ok((moment(clock::now()), ColumnType::Timestamp));
            }
            _ => return Err(unknown(name)),
        };
        Ok((value, ColumnType::Text))
    }
}

/// 002140: unknown function.
pub(super) fn unknown(name: &str) -> SqlError {
    SqlError::new("002140", "42601", format!("SQL compilation error:\nUnknown function {name}"))
}
