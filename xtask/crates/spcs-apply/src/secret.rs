//! Passwords, keys and tokens. A [`Secret`] implements neither `Debug` nor `Display` nor
//! `Serialize`, so that it cannot leak into a log, an error or a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A value that can be read only with [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(value: impl AsRef<str>) -> Secret {
        Secret(Arc::from(value.as_ref()))
    }

    /// The value itself. Check every call of this in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The values of the markers in statements, by name.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, Secret>);

impl Secrets {
    /// No secrets, for statements without markers.
    pub fn none() -> Secrets {
        Secrets::default()
    }

    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Secret) -> Secrets {
        self.0.insert(name.into(), value);
        self
    }

    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Replaces every secret in `text`: a server may echo one in an error message.
    pub fn redact(&self, text: &str) -> String {
        self.0.values().fold(text.to_owned(), |text, secret| {
            let value = secret.expose();
            if value.is_empty() {
                return text;
            }
            let quoted = value.replace('\\', "\\\\").replace('\'', "''");
            text.replace(&quoted, "***").replace(value, "***")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_secret_is_masked_with_and_without_quoting() {
        let secrets = Secrets::none().with("password", Secret::new(r"it's\"));
        assert_eq!(secrets.redact(r"near 'it''s\\' or it's\"), "near '***' or ***");
    }
}
