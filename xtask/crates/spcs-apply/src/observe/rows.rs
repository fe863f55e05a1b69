//! Reads the results of SHOW and DESCRIBE. A missing object is not an error.

use std::collections::BTreeMap;

use crate::account::{AccountError, Row, Rows, Session};
use crate::secret::Secrets;

pub(super) async fn probe(session: &Session, sql: &str) -> Result<Rows, AccountError> {
    session.query(sql, &Secrets::none()).await
}

/// Runs a probe of an object that may not exist.
pub(super) async fn probe_optional(
    session: &Session,
    sql: &str,
) -> Result<Option<Rows>, AccountError> {
    match probe(session, sql).await {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Like [`probe_optional`], but treats a missing object as no rows.
pub(super) async fn list(session: &Session, sql: &str) -> Result<Rows, AccountError> {
    Ok(probe_optional(session, sql).await?.unwrap_or_default())
}

/// The columns of a row by lower-case name, without NULLs.
pub(super) fn properties(columns: &[String], row: Row<'_>) -> BTreeMap<String, String> {
    let values = columns.iter().filter_map(|column| {
        row.get(column).map(|value| (column.to_lowercase(), value.to_owned()))
    });
    values.collect()
}

/// The property/value rows of a DESCRIBE. The columns are called `property` and `property_value`
/// (`value` for users).
pub(super) fn described(rows: &Rows) -> BTreeMap<String, String> {
    let pairs = rows.iter().filter_map(|row| {
        let value = row.get("property_value").or_else(|| row.get("value"))?;
        Some((row.get("property")?.to_lowercase(), value.to_owned()))
    });
    pairs.collect()
}

/// A name from SHOW, without quotes. Its case is kept: `"files"` and `FILES` are different objects.
pub(super) fn name(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn quotes_are_removed_and_the_case_is_kept() {
        assert_eq!((name("FILES").as_str(), name("files").as_str()), ("FILES", "files"));
        assert_eq!(name("\"files\""), "files");
    }
}
