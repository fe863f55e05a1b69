//! Strict reading of a mapping: each option is taken once, and any option left over is an error.

use crate::error::SpecError;
use crate::node::{Kind, Node, Value};

/// The options of one mapping, and the path of that mapping.
pub(crate) struct Fields {
    path: String,
    line: u64,
    entries: Vec<(String, Node)>,
}

/// A node that has not been read yet, and its path.
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) node: Node,
}

impl Fields {
    /// The options of a missing mapping.
    pub(crate) fn empty(path: &str, line: u64) -> Fields {
        Fields { path: path.to_owned(), line, entries: Vec::new() }
    }

    /// Takes an option. An option without a value counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Field> {
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        let (_, node) = self.entries.remove(at);
        let path =
            if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        (node.value != Value::Null).then_some(Field { path, node })
    }

    /// Takes a required option.
    pub(crate) fn require(&mut self, name: &str) -> Result<Field, SpecError> {
        let (path, line) = (self.path.clone(), self.line);
        self.take(name).ok_or_else(|| {
            let place = if path.is_empty() { "the specification".to_owned() } else { path.clone() };
            SpecError {
                line,
                path,
                message: format!("missing required option '{name}' in {place}"),
            }
        })
    }

    /// Takes an option that is documented under two names, e.g. `containers` and `container`.
    pub(crate) fn take_either(
        &mut self,
        name: &str,
        other: &str,
    ) -> Result<Option<Field>, SpecError> {
        match (self.take(name), self.take(other)) {
            (Some(_), Some(second)) => {
                Err(second.error(format!("'{name}' and '{other}' are mutually exclusive")))
            }
            (first, second) => Ok(first.or(second)),
        }
    }

    /// Rejects options that Snowflake has and the local platform does not support.
    pub(crate) fn reject(&mut self, names: &[&str]) -> Result<(), SpecError> {
        match names.iter().find_map(|name| self.take(name)) {
            Some(field) => Err(field.unsupported()),
            None => Ok(()),
        }
    }

    /// All options, for mappings with arbitrary keys (`env`).
    pub(crate) fn into_entries(self) -> Vec<(String, Field)> {
        let path = self.path;
        self.entries
            .into_iter()
            .map(|(key, node)| {
                let path = format!("{path}.{key}");
                (key, Field { path, node })
            })
            .collect()
    }

    /// Fails if an option was not taken: it is unknown.
    pub(crate) fn finish(self) -> Result<(), SpecError> {
        match self.entries.into_iter().next() {
            None => Ok(()),
            Some((name, node)) => {
                let place = if self.path.is_empty() { "the specification" } else { &self.path };
                let message = format!("unknown option '{name}' for {place}");
                Err(SpecError { line: node.line, path: self.path, message })
            }
        }
    }
}

impl Field {
    /// The whole document.
    pub(crate) fn root(node: Node) -> Field {
        Field { path: String::new(), node }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> SpecError {
        SpecError { line: self.node.line, path: self.path.clone(), message: message.into() }
    }

    pub(crate) fn unsupported(&self) -> SpecError {
        self.error(format!("{} is not supported by the local platform", self.path))
    }

    fn expected(&self, what: &str) -> SpecError {
        let place = if self.path.is_empty() { "the specification" } else { &self.path };
        self.error(format!("{place} must be {what}, found {}", self.node.describe()))
    }

    pub(crate) fn mapping(self) -> Result<Fields, SpecError> {
        let error = self.expected("a mapping");
        match self.node.value {
            Value::Mapping(entries) => {
                Ok(Fields { path: self.path, line: self.node.line, entries })
            }
            _ => Err(error),
        }
    }

    pub(crate) fn sequence(self) -> Result<Vec<Field>, SpecError> {
        let error = self.expected("a list");
        match self.node.value {
            Value::Sequence(items) => Ok(items
                .into_iter()
                .enumerate()
                .map(|(i, node)| Field { path: format!("{}[{i}]", self.path), node })
                .collect()),
            _ => Err(error),
        }
    }

    /// A string. Numbers and booleans are returned as written.
    pub(crate) fn text(&self) -> Result<String, SpecError> {
        match &self.node.value {
            Value::Scalar(text, _) => Ok(text.clone()),
            _ => Err(self.expected("a string")),
        }
    }

    pub(crate) fn texts(self) -> Result<Vec<String>, SpecError> {
        self.sequence()?.iter().map(Field::text).collect()
    }

    pub(crate) fn boolean(&self) -> Result<bool, SpecError> {
        match &self.node.value {
            Value::Scalar(text, Kind::Bool) => Ok(text.eq_ignore_ascii_case("true")),
            Value::Scalar(text, Kind::Text) if text == "true" || text == "false" => {
                Ok(text == "true")
            }
            _ => Err(self.expected("true or false")),
        }
    }

    /// An integer within a range.
    pub(crate) fn integer(&self, range: std::ops::RangeInclusive<u64>) -> Result<u64, SpecError> {
        let number = match &self.node.value {
            Value::Scalar(text, _) => text.parse::<u64>().ok(),
            _ => None,
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            self.error(format!(
                "{} must be an integer from {} to {}",
                self.path,
                range.start(),
                range.end()
            ))
        })
    }

    pub(crate) fn port(&self) -> Result<u16, SpecError> {
        Ok(u16::try_from(self.integer(1..=65535)?).expect("the range ends at 65535"))
    }
}
