//! Reading answers of SHOW and DESCRIBE: missing things are not errors.

use std::collections::BTreeMap;

use crate::account::{AccountError, Row, Rows, Session};
use crate::secret::Secrets;

/// Runs a probe.
pub(super) async fn ask(session: &Session, sql: &str) -> Result<Rows, AccountError> {
    session.query(sql, &Secrets::none()).await
}

/// Runs a probe about something that may not be there.
pub(super) async fn ask_about(session: &Session, sql: &str) -> Result<Option<Rows>, AccountError> {
    match ask(session, sql).await {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same where nothing and no rows mean the same.
pub(super) async fn list(session: &Session, sql: &str) -> Result<Rows, AccountError> {
    Ok(ask_about(session, sql).await?.unwrap_or_default())
}

/// All columns of a row, lower-case name to text; NULL is left out.
pub(super) fn properties(columns: &[String], row: Row<'_>) -> BTreeMap<String, String> {
    let values = columns.iter().filter_map(|column| {
        row.get(column).map(|value| (column.to_lowercase(), value.to_owned()))
    });
    values.collect()
}

/// The property/value rows of a DESCRIBE; their names are in the first two columns or in columns
/// called `property` and `property_value` (`value` for users).
pub(super) fn described(rows: &Rows) -> BTreeMap<String, String> {
    let pairs = rows.iter().filter_map(|row| {
        let value = row.get("property_value").or_else(|| row.get("value"))?;
        Some((row.get("property")?.to_lowercase(), value.to_owned()))
    });
    pairs.collect()
}

/// A name as SHOW has it, without quotes. Its case stays: `"files"` is not `FILES`, and not ours.
pub(super) fn name(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_quoted_name_in_lower_case_is_another_name() {
        assert_eq!((name("FILES").as_str(), name("files").as_str()), ("FILES", "files"));
        assert_eq!(name("\"files\""), "files");
    }
}
