//! Renders `<% name %>` in SQL files and specs.
//!
//! The delimiters are those of the Snowflake CLI, so that it can run the files too. The `{{ }}` of
//! service specs passes through unchanged. Values are escaped, and their position is checked: no value
//! can change the structure of a statement or a spec.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::project::SourceFile;
use crate::variables::{POOL_VARIABLES, SERVICE_VARIABLES, Value, Variables};

mod placement;

/// The language of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Sql,
    Yaml,
}

/// A piece of a template.
enum Part<'t> {
    Text(&'t str),
    /// The name in `<% name %>`, and the byte where it is.
    Name(&'t str, usize),
}

pub(crate) fn render(
    file: &SourceFile,
    syntax: Syntax,
    variables: &Variables,
) -> Result<String, Error> {
    let written =
        variables.iter().map(|(name, value)| (name.to_owned(), write(value, syntax))).collect();
    let text = fill(file, &written, variables)?;
    placement::check(file, syntax, variables, &text)?;
    Ok(text)
}

/// The variables that a file uses, known or unknown.
pub(crate) fn used(file: &SourceFile) -> Result<BTreeSet<String>, Error> {
    let names = parts(file)?.into_iter().filter_map(|part| match part {
        Part::Name(name, _) => Some(name.to_owned()),
        Part::Text(_) => None,
    });
    Ok(names.collect())
}

/// Replaces each variable with a text, without escaping.
fn fill(
    file: &SourceFile,
    texts: &BTreeMap<String, String>,
    variables: &Variables,
) -> Result<String, Error> {
    let mut filled = String::new();
    for part in parts(file)? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Name(name, at) => {
                let text = texts.get(name).ok_or_else(|| unknown(file, name, at, variables))?;
                filled.push_str(text);
            }
        }
    }
    Ok(filled)
}

/// Splits a file at its delimiters. Only a name may stand between them: an expression could cut a
/// value after it was escaped.
fn parts(file: &SourceFile) -> Result<Vec<Part<'_>>, Error> {
    let mut parts = Vec::new();
    let mut rest = file.text.as_str();
    while let Some((before, after)) = rest.split_once("<%") {
        let at = file.text.len() - after.len();
        let closed = after.split_once("%>");
        let inside = closed.map_or_else(|| after.lines().next().unwrap_or_default(), |(i, _)| i);
        let name = inside.trim();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
        let Some((_, after)) = closed.filter(|_| is_name) else {
            let message = format!("wrong use of `<% %>`: `{name}` is not a name");
            return Err(Error::new(message)
                .at(&file.path, crate::config::line_at(&file.text, at))
                .with_hint("only plain names are allowed: `<% name %>`"));
        };
        parts.extend([Part::Text(before), Part::Name(name, at)]);
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// The escaped text of a value.
fn write(value: &Value, syntax: Syntax) -> String {
    match value {
        Value::Identifier(name) => name.clone(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) if syntax == Syntax::Sql => crate::secret::escape(text),
        Value::Text(text) => text.replace('\'', "''"),
        Value::Texts(texts) => {
            let quoted: Vec<String> =
                texts.iter().map(|text| format!("'{}'", crate::secret::escape(text))).collect();
            quoted.join(", ")
        }
        Value::Secret(name) => crate::secret::marker(name),
    }
}

fn unknown(file: &SourceFile, name: &str, at: usize, variables: &Variables) -> Error {
    let each = [("service", SERVICE_VARIABLES), ("pool", POOL_VARIABLES)];
    let each = each.iter().find(|(_, names)| names.contains(&name));
    let hint = match each {
        Some((each, _)) => {
            format!("it is defined only in files of sql/ with `-- for each: {each}`")
        }
        None => {
            let known: Vec<&str> = variables.names().collect();
            let known = known.join(", ");
            format!("define it in [variables] of spcs.toml, or use one of: {known}")
        }
    };
    let line = crate::config::line_at(&file.text, at);
    Error::new(format!("unknown variable `{name}`")).at(&file.path, line).with_hint(hint)
}
