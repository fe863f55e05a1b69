//! Parses YAML into JSON values.

use serde_json::Value as Json;

use crate::error::Error;

/// Parses YAML. Errors carry the line.
pub(crate) fn parse(path: &str, text: &str) -> Result<Json, Error> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|at| usize::try_from(at.line()).unwrap_or(1));
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or("syntax error");
        Error::new(format!("invalid YAML: {message}")).at(path, line)
    })
}
