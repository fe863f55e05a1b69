//! Checks that each value is in a position that its type allows.
//!
//! Each variable is replaced with a unique probe word. The result is tokenized or parsed as YAML, and
//! the token or scalar that contains the probe shows the position.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::error::Error;
use crate::project::SourceFile;
use crate::sql::{Kind, tokens};
use crate::template::{Syntax, fill};
use crate::variables::{Value, Variables};

pub(super) fn check(
    file: &SourceFile,
    syntax: Syntax,
    variables: &Variables,
    rendered: &str,
) -> Result<(), Error> {
    let probes: BTreeMap<String, String> = variables
        .names()
        .enumerate()
        .map(|(at, name)| (name.to_owned(), format!("probe{at}end")))
        .collect();
    let probed = fill(file, &probes, variables)?;
    match syntax {
        Syntax::Sql => check_sql(file, variables, &probes, &probed),
        Syntax::Yaml => check_yaml(file, variables, &probes, &probed, rendered),
    }
}

fn check_sql(
    file: &SourceFile,
    variables: &Variables,
    probes: &BTreeMap<String, String>,
    probed: &str,
) -> Result<(), Error> {
    for token in tokens(&file.path, probed)? {
        for (name, probe) in probes {
            if !token.text.contains(probe.as_str()) {
                continue;
            }
            let Some(value) = variables.get(name) else { continue };
            let quoted = token.kind == Kind::Text;
            let bare = token.kind == Kind::Word && token.text == *probe;
            let comment = token.kind == Kind::LineComment;
            let fits = match value {
                Value::Identifier(_) | Value::Number(_) => true,
                Value::Text(_) => quoted || comment,
                Value::Secret(_) => quoted,
                Value::Texts(_) => bare,
            };
            if !fits {
                return Err(misplaced(file, token.line, name, value));
            }
        }
    }
    Ok(())
}

fn check_yaml(
    file: &SourceFile,
    variables: &Variables,
    probes: &BTreeMap<String, String>,
    probed: &str,
    rendered: &str,
) -> Result<(), Error> {
    let before = crate::yaml::parse(&file.path, probed)?;
    let after = crate::yaml::parse(&file.path, rendered)?;
    let Some(place) = first_difference(&before, &after, variables, probes) else { return Ok(()) };
    let name = probes.iter().find(|(_, probe)| place.contains(probe.as_str()));
    let line = name.and_then(|(name, _)| line_of(&file.text, name));
    match name.and_then(|(name, _)| Some((name, variables.get(name)?))) {
        Some((name, value)) => Err(misplaced(file, line.unwrap_or(1), name, value)),
        None => Err(Error::new(format!("a value changes the structure of the spec at `{place}`"))
            .at(&file.path, None)),
    }
}

/// The first scalar that differs from the plain text with the values filled in.
fn first_difference(
    before: &Json,
    after: &Json,
    variables: &Variables,
    probes: &BTreeMap<String, String>,
) -> Option<String> {
    match (before, after) {
        (Json::Object(a), Json::Object(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|((key_a, a), (key_b, b))| {
                if key_a != key_b {
                    return Some(key_a.clone());
                }
                first_difference(a, b, variables, probes)
            })
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| first_difference(a, b, variables, probes))
        }
        (Json::String(text), after) => {
            let mut wanted = text.clone();
            for (name, probe) in probes {
                let raw = match variables.get(name) {
                    Some(Value::Identifier(text) | Value::Text(text)) => text.clone(),
                    Some(Value::Number(number)) => number.to_string(),
                    _ => continue,
                };
                wanted = wanted.replace(probe.as_str(), &raw);
            }
            let same = match after {
                Json::String(text) => *text == wanted,
                Json::Number(number) => number.to_string() == wanted,
                _ => false,
            };
            (!same).then(|| text.clone())
        }
        (a, b) => (a != b).then(|| a.to_string()),
    }
}

fn line_of(text: &str, name: &str) -> Option<usize> {
    let uses = |line: &str| {
        line.split("<%").skip(1).any(|rest| rest.split("%>").next().map(str::trim) == Some(name))
    };
    text.lines().position(uses).map(|at| at + 1)
}

fn misplaced(file: &SourceFile, line: usize, name: &str, value: &Value) -> Error {
    let where_to = match value {
        Value::Texts(_) => "outside quotes, because its values are quoted already",
        _ => "inside single quotes",
    };
    Error::new(format!("`<% {name} %>` must be {where_to}")).at(&file.path, line)
}
