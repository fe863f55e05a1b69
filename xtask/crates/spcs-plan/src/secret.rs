//! Secrets in rendered text: a marker replaces the value until the statement is sent.

use crate::error::Error;

const OPEN: &str = "<secret:";
const CLOSE: char = '>';

/// The name of the only secret, the password of the deployment's user.
pub const USER_PASSWORD: &str = "user_password";

/// The text that replaces a secret in plans, logs and snapshots.
pub fn marker(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// Whether a text contains a marker.
pub fn has_marker(text: &str) -> bool {
    text.contains(OPEN)
}

/// Replaces the markers with their values. Escapes quotes and backslashes, because a marker is always
/// inside single quotes. Call this only right before a statement is sent.
pub fn fill<'v>(
    text: &str,
    mut lookup: impl FnMut(&str) -> Option<&'v str>,
) -> Result<String, Error> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        filled.push_str(&rest[..start]);
        let after = &rest[start + OPEN.len()..];
        let end = after
            .find(CLOSE)
            .ok_or_else(|| Error::new("unterminated secret marker in a statement"))?;
        let name = &after[..end];
        let value = lookup(name)
            .ok_or_else(|| Error::new(format!("no value is known for the secret `{name}`")))?;
        filled.push_str(&escape(value));
        rest = &after[end + CLOSE.len_utf8()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Escapes a value for a single-quoted Snowflake literal, where the backslash is an escape character.
pub(crate) fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\'', "''")
}
