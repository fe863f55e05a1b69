//! Secrets in rendered text: a marker stands for the value until the statement is sent.

use crate::error::Error;

const OPEN: &str = "<secret:";
const CLOSE: char = '>';

/// The names a secret may have. There is one: the password of the deployment's user.
pub const USER_PASSWORD: &str = "user_password";

/// The text that stands for a secret in plans, logs and snapshots.
pub fn marker(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// Whether a text holds a marker.
pub fn has_marker(text: &str) -> bool {
    text.contains(OPEN)
}

/// Puts the values in for the markers, quotes and backslashes doubled, as a marker always stands
/// inside single quotes. To be called right before a statement is sent, and nowhere else.
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
            .ok_or_else(|| Error::new("a secret's marker in a statement does not end"))?;
        let name = &after[..end];
        let value = lookup(name)
            .ok_or_else(|| Error::new(format!("no value is known for the secret `{name}`")))?;
        filled.push_str(&escape(value));
        rest = &after[end + CLOSE.len_utf8()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The inside of a single-quoted literal of Snowflake, where the backslash escapes too.
pub(crate) fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\'', "''")
}
