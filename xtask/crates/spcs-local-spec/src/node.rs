//! The YAML document as a tree. Each node knows its line, so that errors can name it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::budget;
use crate::error::SpecError;

/// A YAML node and its first line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: u64,
    pub(crate) value: Value,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// No value, `~` or `null`.
    Null,
    /// A scalar as written (`1.10` stays `1.10`), and its YAML type.
    Scalar(String, Kind),
    Sequence(Vec<Node>),
    /// In the order of the document.
    Mapping(Vec<(String, Node)>),
}

/// The YAML type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Bool,
}

/// Parses a whole document. One that is larger or deeper than any service needs is refused before
/// it takes the memory or the stack.
pub(crate) fn parse(text: &str) -> Result<Node, SpecError> {
    budget::check(text)?;
    let tree: Spanned<Tree> = serde_saphyr::from_str_with_options(text, budget::options())
        .map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            let message = error.without_snippet().to_string();
            SpecError { line, path: String::new(), message: format!("not valid YAML: {message}") }
        })?;
    Ok(Node::of(tree, text))
}

/// The intermediate form that serde deserialises into.
enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Sequence(Vec<Spanned<Tree>>),
    Mapping(Vec<(String, Spanned<Tree>)>),
}

impl Node {
    fn of(tree: Spanned<Tree>, text: &str) -> Node {
        let line = tree.referenced.line();
        let span = tree.defined.span();
        // Numbers and booleans are kept as written, so take them from the source text.
        let written = || {
            let start = usize::try_from(span.byte_offset()?).ok()?;
            let end = start + usize::try_from(span.byte_len()?).ok()?;
            Some(text.get(start..end)?.trim().to_owned())
        };
        let value = match tree.value {
            Tree::Null => Value::Null,
            Tree::Bool(value) => {
                Value::Scalar(written().unwrap_or_else(|| value.to_string()), Kind::Bool)
            }
            Tree::Number(value) => Value::Scalar(written().unwrap_or(value), Kind::Number),
            Tree::Text(value) => Value::Scalar(value, Kind::Text),
            Tree::Sequence(items) => {
                Value::Sequence(items.into_iter().map(|item| Node::of(item, text)).collect())
            }
            Tree::Mapping(entries) => Value::Mapping(
                entries.into_iter().map(|(key, item)| (key, Node::of(item, text))).collect(),
            ),
        };
        Node { line, value }
    }

    /// The node's type, for messages such as "expected a list, found …".
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_, Kind::Text) => "a string",
            Value::Scalar(_, Kind::Number) => "a number",
            Value::Scalar(_, Kind::Bool) => "a boolean",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The value of a key, if the node is a mapping with that key.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Mapping(entries) => {
                entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node)
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        budget::scalar(value)?;
        Ok(Tree::Text(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::Sequence(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, item)) = access.next_entry::<String, _>()? {
            budget::scalar(&key)?;
            entries.push((key, item));
        }
        Ok(Tree::Mapping(entries))
    }
}
