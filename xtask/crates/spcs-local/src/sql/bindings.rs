//! Bind variables: replaces `?` and `:1` in a statement with the values in the request.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::budget;
use super::error::SqlError;
use super::token::{Token, TokenKind};
use crate::scalar::Scalar;

/// The request's `bindings`: `{"1": {"type": "TEXT", "value": "…"}}`.
#[derive(Default)]
pub(crate) struct Bindings(HashMap<String, Binding>);

#[derive(serde::Deserialize)]
struct Binding {
    #[serde(rename = "type", default)]
    kind: Scalar,
    #[serde(default)]
    value: Scalar,
}

impl<'de> Deserialize<'de> for Bindings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(BindingsVisitor)
    }
}

struct BindingsVisitor;

impl<'de> Visitor<'de> for BindingsVisitor {
    type Value = Bindings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bind variables by position")
    }
    fn visit_unit<E>(self) -> Result<Bindings, E> {
        Ok(Bindings::default())
    }
    fn visit_none<E>(self) -> Result<Bindings, E> {
        Ok(Bindings::default())
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bindings, D::Error> {
        deserializer.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Bindings, A::Error> {
        let mut found = HashMap::new();
        while let Some((position, binding)) = access.next_entry()? {
            found.insert(position, binding);
            // A statement with as many tokens cannot use more.
            budget::check(found.len(), budget::MAX_TOKENS, "bind variables")
                .map_err(|error| A::Error::custom(error.message))?;
        }
        Ok(Bindings(found))
    }
}

/// Replaces each variable in a statement's tokens with a literal.
pub(crate) fn bind(tokens: Vec<Token>, values: &Bindings) -> Result<Vec<Token>, SqlError> {
    let mut bound = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    let mut place = 0;
    let mut size = 0;
    while let Some(token) = tokens.next() {
        let key = match token.kind {
            TokenKind::Symbol("?") => {
                place += 1;
                format!("{place}")
            }
            TokenKind::Symbol(":") => match tokens.next_if(|next| is_key(&next.kind)) {
                Some(key) => key.text,
                None => return Err(SqlError::syntax(token.line, token.position, ":")),
            },
            _ => {
                bound.push(token);
                continue;
            }
        };
        let (line, position) = (token.line, token.position);
        let value = values.0.get(&key).ok_or_else(|| unset(line, position, &token.text))?;
        size += value.value.text().map_or(0, str::len);
        budget::check(size, budget::MAX_BOUND, "bytes of bind variables")?;
        // Keep the variable's text: it becomes the name of the result's column.
        let literal = |kind| Token { kind, ..token.clone() };
        bound.extend(literals(value)?.into_iter().map(literal));
    }
    Ok(bound)
}

fn is_key(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Number(_) | TokenKind::Word(_))
}

/// The tokens of a literal. A negative number has two, as it has in SQL text.
fn literals(binding: &Binding) -> Result<Vec<TokenKind>, SqlError> {
    let text = match &binding.value {
        Scalar::Text(text) => text.as_str(),
        Scalar::Null => return Ok(vec![TokenKind::Word("NULL".to_owned())]),
        _ => return Err(SqlError::unsupported("bindings of several rows")),
    };
    Ok(match binding.kind.text().unwrap_or_default().to_uppercase().as_str() {
        "FIXED" | "REAL" if !is_plain(text) => {
            return Err(SqlError::unsupported("floating-point numbers"));
        }
        "FIXED" | "REAL" => match text.strip_prefix('-') {
            Some(number) => vec![TokenKind::Symbol("-"), TokenKind::Number(number.to_owned())],
            None => vec![TokenKind::Number(text.to_owned())],
        },
        "BOOLEAN" => vec![TokenKind::Word(text.to_uppercase())],
        "TEXT" => vec![TokenKind::Text(text.to_owned())],
        other => return Err(SqlError::unsupported(&format!("bindings of type {other}"))),
    })
}

/// Whether this is a decimal number, without an exponent and not `inf`.
fn is_plain(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction)
}

fn unset(line: u32, position: u32, name: &str) -> SqlError {
    let message = format!(
        "SQL compilation error: error line {line} at position {position}\n\
         Bind variable {name} not set."
    );
    SqlError { place: Some((line, position)), ..SqlError::new("002049", "42601", message) }
}
