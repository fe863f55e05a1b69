//! How much one request may ask for.
//!
//! A token takes some seventy times the memory of the byte it may be, and a statement costs what
//! its query record costs, so both are counted while they are read.

use super::error::SqlError;

/// The most bytes of SQL text in a request; Snowflake takes as much.
const MAX_TEXT: usize = 1 << 20;
/// The most tokens in a request.
pub(super) const MAX_TOKENS: usize = 25_000;
/// The most statements in a request.
pub(super) const MAX_STATEMENTS: usize = 1000;
/// The most columns of a SELECT; a client is told a dozen facts about each.
pub(crate) const MAX_COLUMNS: usize = 1000;
/// The most bytes that bind variables may add to a statement, counted where each one is used.
pub(super) const MAX_BOUND: usize = 4 << 20;
/// The most bytes of one computed row.
pub(crate) const MAX_ROW: usize = 8 << 20;

/// Refuses SQL text that is too long.
pub(crate) fn check_length(text: &str) -> Result<(), SqlError> {
    check(text.len(), MAX_TEXT, "bytes of SQL text")
}

/// Refuses what is more than these limits allow.
pub(crate) fn check(size: usize, most: usize, what: &str) -> Result<(), SqlError> {
    if size <= most {
        return Ok(());
    }
    let message = format!("SQL compilation error:\n{what}: more than the limit of {most}.");
    Err(SqlError::new("001003", "42000", message))
}
