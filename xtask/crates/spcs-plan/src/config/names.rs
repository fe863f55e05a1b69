//! Value types of `spcs.toml`, validated during deserialization so that errors carry a line number.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $check(&text).map(Self).map_err(D::Error::custom)
            }
        }

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype!(
    /// An unquoted identifier, in upper case as the catalog stores it.
    Identifier, identifier
);
text_newtype!(
    /// A key that also names variables and images: `milvus`.
    Key, key
);
text_newtype!(
    /// A `host:port` of a network rule.
    HostPort, host_port
);
text_newtype!(
    /// A warehouse size, such as `X-SMALL`.
    WarehouseSize, warehouse_size
);

impl Identifier {
    pub(super) fn literal(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(super) fn public() -> Self {
        Self::literal("PUBLIC")
    }
}

/// A value of `[variables]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a string")]
pub enum Variable {
    Number(i64),
    Text(String),
}

fn identifier(text: &str) -> Result<String, String> {
    let mut chars = text.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if starts_well && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && text.len() <= 255 {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(format!(
            "`{text}` is not a plain identifier: use letters, digits and underscores, and do not start with a digit"
        ))
    }
}

fn key(text: &str) -> Result<String, String> {
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if starts_well && text.chars().all(plain) && text.len() <= 63 {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is not a plain key: use lower-case letters, digits and underscores, and start with a letter"
        ))
    }
}

fn host_port(text: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("`{text}` is not a valid `host:port`: {why}"));
    let Some((host, port)) = text.rsplit_once(':') else {
        return wrong("the port is missing");
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if host.is_empty() || !host.chars().all(plain) {
        return wrong("the host may contain letters, digits, dots and dashes, and no wildcards");
    }
    match port.parse::<u16>() {
        Ok(22 | 80 | 443 | 1024..) => {}
        _ => return wrong("the port must be 22, 80, 443 or at least 1024"),
    }
    if host == "0.0.0.0" && !matches!(port, "80" | "443") {
        return wrong("`0.0.0.0` is allowed with the ports 80 and 443 only");
    }
    Ok(text.to_owned())
}

const WAREHOUSE_SIZES: [&str; 10] = [
    "X-SMALL", "SMALL", "MEDIUM", "LARGE", "X-LARGE", "2X-LARGE", "3X-LARGE", "4X-LARGE",
    "5X-LARGE", "6X-LARGE",
];

fn warehouse_size(text: &str) -> Result<String, String> {
    let size = text.to_ascii_uppercase();
    if WAREHOUSE_SIZES.contains(&size.as_str()) {
        Ok(size)
    } else {
        Err(format!(
            "`{text}` is not a warehouse size: choose one of {}",
            WAREHOUSE_SIZES.join(", ")
        ))
    }
}
