//! Renders `<% name %>` in SQL files and specs.
//!
//! The delimiters are those of the Snowflake CLI, so that it can run the files too. The `{{ }}` of
//! service specs passes through unchanged. Values are escaped, and their position is checked: no value
//! can change the structure of a statement or a spec.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

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

pub(crate) fn render(
    file: &SourceFile,
    syntax: Syntax,
    variables: &Variables,
) -> Result<String, Error> {
    check_names(file)?;
    let written =
        variables.iter().map(|(name, value)| (name.to_owned(), write(value, syntax))).collect();
    let text = fill(file, &written, variables)?;
    placement::check(file, syntax, variables, &text)?;
    Ok(text)
}

/// The variables that a file uses, known or unknown.
pub(crate) fn used(file: &SourceFile) -> Result<BTreeSet<String>, Error> {
    check_names(file)?;
    let environment = environment()?;
    let template = environment
        .template_from_named_str(&file.path, &file.text)
        .map_err(|error| explain(file, &error, &Variables::default()))?;
    Ok(template.undeclared_variables(true).into_iter().collect())
}

/// Replaces each variable with a text, without escaping.
fn fill(
    file: &SourceFile,
    texts: &BTreeMap<String, String>,
    variables: &Variables,
) -> Result<String, Error> {
    environment()?
        .render_named_str(&file.path, &file.text, texts)
        .map_err(|error| explain(file, &error, variables))
}

/// Checks that delimiters contain only names: an expression could cut a value after it was escaped.
fn check_names(file: &SourceFile) -> Result<(), Error> {
    let mut rest = file.text.as_str();
    while let Some((before, after)) = rest.split_once("<%") {
        let inside = after.split_once("%>").map(|(inside, _)| inside);
        let name = inside.unwrap_or_else(|| after.lines().next().unwrap_or_default()).trim();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
        if inside.is_none() || !is_name {
            let at = file.text.len() - rest.len() + before.len();
            let line = crate::config::line_at(&file.text, at);
            let message = format!("wrong use of `<% %>`: `{name}` is not a name");
            return Err(Error::new(message)
                .at(&file.path, line)
                .with_hint("only plain names are allowed: `<% name %>`"));
        }
        rest = after;
    }
    Ok(())
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

fn environment() -> Result<Environment<'static>, Error> {
    let syntax = SyntaxConfig::builder()
        .variable_delimiters("<%", "%>")
        // No blocks or comments: the Snowflake CLI could not run such a file.
        .block_delimiters("<%%block", "block%%>")
        .comment_delimiters("<%%comment", "comment%%>")
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| Error::new(error.to_string()))?;
    let mut environment = Environment::empty();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_debug(true);
    Ok(environment)
}

fn explain(file: &SourceFile, error: &minijinja::Error, variables: &Variables) -> Error {
    let line = error.line();
    if error.kind() != ErrorKind::UndefinedError {
        let detail = error.detail().unwrap_or("syntax error");
        return Error::new(format!("wrong use of `<% %>`: {detail}"))
            .at(&file.path, line)
            .with_hint("only plain names are allowed: `<% name %>`");
    }
    let unknown = error
        .range()
        .and_then(|range| file.text.get(range))
        .map(|text| text.trim_matches(['<', '%', '>', ' ']).to_owned())
        .unwrap_or_default();
    let each = [("service", SERVICE_VARIABLES), ("pool", POOL_VARIABLES)];
    let each = each.iter().find(|(_, names)| names.contains(&unknown.as_str()));
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
    Error::new(format!("unknown variable `{unknown}`")).at(&file.path, line).with_hint(hint)
}
