//! Reads the variables of a run, and prints inputs.

use std::env;

/// The number in an environment variable.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// The most bytes of an input that are printed. The number of the case makes the rest again.
const PRINTED: usize = 2_000;

/// An input as a literal of Rust, so that it can become a test.
pub(crate) fn printed(input: &[u8]) -> String {
    let shown = input[..input.len().min(PRINTED)].escape_ascii().to_string();
    let rest = input.len().saturating_sub(PRINTED);
    if rest == 0 { shown } else { format!("{shown}… and {rest} bytes") }
}
