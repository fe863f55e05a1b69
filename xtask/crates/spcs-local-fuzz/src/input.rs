//! Reads the variables of a run, and prints inputs.

use std::env;

/// The number in an environment variable.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// An input as a literal of Rust, so that it can become a test.
pub(crate) fn printed(input: &[u8]) -> String {
    input.escape_ascii().to_string()
}
