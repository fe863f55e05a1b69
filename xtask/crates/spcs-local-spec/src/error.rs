//! Why a specification is refused.

use std::fmt;

/// Why a specification is refused. Its text starts with Snowflake's `Invalid spec: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SpecError {
    /// 1-based line of the specification; 0 when there is none to name.
    pub line: u64,
    /// Path of the option, e.g. `spec.containers[0].image`.
    pub path: String,
    /// What is wrong.
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
