//! Object names and property values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name of one to three parts, in upper case unless it was quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectName(pub(crate) Vec<String>);

impl ObjectName {
    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl ObjectName {
    /// The name in SQL syntax, with quotes where they are required.
    pub(crate) fn sql(&self) -> String {
        let quoted = |part: &String| match needs_quotes(part) {
            true => format!("\"{}\"", part.replace('"', "\"\"")),
            false => part.clone(),
        };
        self.0.iter().map(quoted).collect::<Vec<_>>().join(".")
    }
}

/// Whether a name must be quoted in SQL.
pub(crate) fn needs_quotes(name: &str) -> bool {
    name.is_empty()
        || name.to_uppercase() != name
        || name.starts_with(|c: char| c.is_ascii_digit() || c == '$')
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("."))
    }
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// A string.
    Text(String),
    /// A string that is never shown.
    Secret(SecretText),
    /// A bare word or one of a fixed set, in upper case.
    Word(String),
    Number(i64),
    Boolean(bool),
    Null,
    /// `('a', 'b')` or `(a, b)`.
    List(Vec<String>),
    /// `(TYPE = 'SNOWFLAKE_SSE')`.
    Options(Vec<(String, Value)>),
}

/// Properties as written, with names in upper case.
pub(crate) type Properties = Vec<(String, Value)>;

impl Value {
    /// The text that SHOW and DESCRIBE print.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Word(text) => text.clone(),
            Self::Secret(_) => HIDDEN.to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Boolean(flag) => flag.to_string(),
            Self::Null => String::new(),
            Self::List(items) => items.join(","),
            Self::Options(options) => {
                let options: Vec<String> =
                    options.iter().map(|(key, value)| format!("{key}={}", value.shown())).collect();
                options.join(",")
            }
        }
    }

    /// The text of a secret; empty for other values.
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Secret(SecretText(text)) => text,
            _ => "",
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> &[String] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// One of the options in parentheses.
    pub(crate) fn option(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Options(options) => options.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }
}

/// The placeholder for a secret.
pub(crate) const HIDDEN: &str = "********";

/// A text that `Debug` does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecretText(String);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}
