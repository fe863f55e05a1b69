//! The error of an invalid specification.

use std::fmt;

/// The error of an invalid specification. Its text starts with Snowflake's `Invalid spec: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SpecError {
    /// The 1-based line in the specification; 0 if unknown.
    pub line: u64,
    /// The path of the option, e.g. `spec.containers[0].image`.
    pub path: String,
    pub message: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid spec: {}", self.message)?;
        if self.line > 0 {
            write!(f, " (line {})", self.line)?;
        }
        f.write_str(".")
    }
}
