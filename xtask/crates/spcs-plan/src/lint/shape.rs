//! Holds a document against the shape that Snowflake documents: fields, types, formats.

use crate::lint::Findings;
use crate::lint::format::Format;
use crate::lint::rules::{INVALID_VALUE, MISSING_FIELD, UNKNOWN_FIELD, WRONG_TYPE};
use crate::lint::tree::{Node, Value};

/// What a value may be.
pub(super) enum Shape {
    Map(&'static [Field]),
    /// Keys of the author's choice with scalar values.
    FreeMap,
    List(&'static Shape),
    Bool,
    /// A scalar of a format.
    Scalar(Format),
    /// The first shape for a mapping, the second for everything else.
    MapOr(&'static [Field], Format),
}

/// A documented field of a mapping.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Another documented spelling: `container` for `containers`.
    pub(super) alias: Option<&'static str>,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, alias: None, required: false, shape }
}

pub(super) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, alias: None, required: true, shape }
}

/// The names of all fields of a shape.
pub(super) fn names(shape: &Shape, found: &mut Vec<&'static str>) {
    match shape {
        Shape::Map(fields) | Shape::MapOr(fields, _) => {
            for field in *fields {
                found.push(field.name);
                found.extend(field.alias);
                names(&field.shape, found);
            }
        }
        Shape::List(shape) => names(shape, found),
        Shape::FreeMap | Shape::Bool | Shape::Scalar(_) => {}
    }
}

/// Reports what in `node` differs from its shape. `place` names the node: `spec.containers[0]`.
pub(super) fn check(node: &Node, place: &str, shape: &Shape, findings: &mut Findings<'_>) {
    match shape {
        Shape::Map(fields) => check_map(node, place, fields, findings),
        Shape::MapOr(fields, format) => match &node.value {
            Value::Map(_) => check_map(node, place, fields, findings),
            _ => check_scalar(node, place, format, findings),
        },
        Shape::FreeMap => {
            if !matches!(node.value, Value::Map(_)) {
                wrong_type(node, place, "a mapping", findings);
            }
            for entry in node.entries() {
                if matches!(entry.node.value, Value::List(_) | Value::Map(_)) {
                    let place = format!("{place}.{}", entry.key);
                    wrong_type(&entry.node, &place, "a single value", findings);
                }
            }
        }
        Shape::List(shape) => match &node.value {
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    check(item, &format!("{place}[{at}]"), shape, findings);
                }
            }
            _ => wrong_type(node, place, "a list", findings),
        },
        Shape::Bool => match &node.value {
            Value::Bool(_) => {}
            // Snowflake reads the quoted words too.
            Value::Text(text) if text == "true" || text == "false" => {}
            _ => wrong_type(node, place, "true or false", findings),
        },
        Shape::Scalar(format) => check_scalar(node, place, format, findings),
    }
}

fn check_map(node: &Node, place: &str, fields: &[Field], findings: &mut Findings<'_>) {
    let Value::Map(entries) = &node.value else {
        return wrong_type(node, place, "a mapping", findings);
    };
    let join = |name: &str| {
        if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
    };
    for entry in entries {
        let known = fields.iter().find(|f| f.name == entry.key || f.alias == Some(&*entry.key));
        match known {
            // A key without a value counts as missing.
            Some(_) if matches!(entry.node.value, Value::Null) => {}
            Some(field) => check(&entry.node, &join(&entry.key), &field.shape, findings),
            None => {
                let names = fields.iter().map(|field| field.name);
                let whole = if place.is_empty() { "the specification" } else { place };
                let message = format!("unknown field `{}` in {whole}", entry.key);
                let message = match nearest(&entry.key, names.clone()) {
                    Some(name) => format!("{message}: did you mean `{name}`?"),
                    None => format!("{message}: it has {}", names.collect::<Vec<_>>().join(", ")),
                };
                findings.add(&UNKNOWN_FIELD, entry.line, message);
            }
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        let alias = field.alias.and_then(|alias| node.get(alias));
        if node.get(field.name).or(alias).is_none() {
            let whole = if place.is_empty() { "the specification" } else { place };
            let message = format!("{whole} lacks the field `{}`", field.name);
            findings.add(&MISSING_FIELD, node.line, message);
        }
    }
}

fn check_scalar(node: &Node, place: &str, format: &Format, findings: &mut Findings<'_>) {
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Number(text) if format.allows_number() => text.clone(),
        Value::Bool(value) if matches!(format, Format::Text) => value.to_string(),
        _ => return wrong_type(node, place, &format.expected(), findings),
    };
    if !format.fits(&text) {
        let message = format!("{place} is `{text}`, expected {}", format.expected());
        findings.add(&INVALID_VALUE, node.line, message);
    }
}

fn wrong_type(node: &Node, place: &str, expected: &str, findings: &mut Findings<'_>) {
    let whole = if place.is_empty() { "the specification" } else { place };
    let message = format!("{whole} is {}, expected {expected}", node.describe());
    findings.add(&WRONG_TYPE, node.line, message);
}

/// The known name that is most like a word, if one is like it at all.
pub(super) fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase();
    let distances = names.map(|name| (distance(&word, &name.to_lowercase()), name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.len() / 4).then_some(name)
}

/// The number of letters to insert, remove or replace to make one word of another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
