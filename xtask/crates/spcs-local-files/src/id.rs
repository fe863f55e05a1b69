//! Ids: the names that files, containers and volumes of an object have on this machine.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A random id of 16 hexadecimal digits. It names an object's files and is never used again, so an
/// object that replaces another of the same name has a place of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

const DIGITS: usize = 16;

impl Id {
    /// A new id.
    pub fn random() -> Id {
        // The last 64 bits of a random UUID, of which 62 are random.
        let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
        Id(format!("{low:016x}"))
    }

    /// The id with this text; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Id> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == DIGITS && text.bytes().all(is_digit)).then(|| Id(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> String {
        id.0
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Id, String> {
        Id::parse(&text).ok_or_else(|| format!("`{text}` is not an id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_is_parsed_as_one() {
        let id = Id::random();
        assert_eq!(Id::parse(id.as_str()), Some(id));
        for text in ["", "..", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef0", "a/b"] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
    }
}
