//! Parses a list of properties and their values.

use super::{Property, Shape};
use crate::sql::error::SqlError;
use crate::sql::parser::{Parser, parse_name};
use crate::sql::token::TokenKind;
use crate::sql::value::{Properties, Value};
use Shape::*;

/// Parses properties in any order, separated by whitespace or commas. A duplicate property or a
/// trailing comma is an error.
pub(crate) fn list(parser: &mut Parser<'_>, known: &[Property]) -> Result<Properties, SqlError> {
    let mut found: Properties = Vec::new();
    let mut after_comma = false;
    loop {
        let Some(property) = next(parser, known) else {
            return if after_comma { Err(parser.unexpected()) } else { Ok(found) };
        };
        if found.iter().any(|(name, _)| name == property.name) {
            return Err(parser.unexpected_before());
        }
        parser.symbol("=");
        found.push((property.name.to_owned(), value(parser, property.shape)?));
        after_comma = parser.symbol(",");
    }
}

fn next(parser: &mut Parser<'_>, known: &[Property]) -> Option<Property> {
    known.iter().find(|property| parser.words(&[property.name])).copied()
}

fn value(parser: &mut Parser<'_>, shape: Shape) -> Result<Value, SqlError> {
    match shape {
        Text => Ok(Value::Text(parser.text()?)),
        Secret => Ok(Value::Secret(parser.text()?.into())),
        Number => number(parser),
        Boolean => {
            let text = match &parser.peek().kind {
                TokenKind::Text(text) => text.to_uppercase(),
                TokenKind::Word(word) => word.clone(),
                _ => return Err(parser.unexpected()),
            };
            let flag = match text.as_str() {
                "TRUE" => true,
                "FALSE" => false,
                _ => return Err(parser.unexpected()),
            };
            parser.advance();
            Ok(Value::Boolean(flag))
        }
        Word(choices) => {
            let text = match &parser.peek().kind {
                TokenKind::Text(text) | TokenKind::Quoted(text) => text.to_uppercase(),
                TokenKind::Word(word) => word.clone(),
                _ => return Err(parser.unexpected()),
            };
            if !choices.is_empty() && !choices.contains(&text.as_str()) {
                return Err(parser.unexpected());
            }
            parser.advance();
            Ok(Value::Word(text))
        }
        Name => match &parser.peek().kind {
            TokenKind::Text(_) => Ok(Value::Text(parser.text()?)),
            _ => Ok(Value::Word(parser.name()?.to_string())),
        },
        Reference => match parser.peek().kind.clone() {
            TokenKind::Text(text) if text.is_empty() => Ok(Value::Text(parser.text()?)),
            TokenKind::Text(text) => {
                let name = parse_name(&text).map_err(|_| parser.unexpected())?;
                parser.advance();
                Ok(Value::Word(name.sql()))
            }
            _ => Ok(Value::Word(parser.name()?.sql())),
        },
        Texts => parenthesised(parser, |parser| parser.text()),
        Names => parenthesised(parser, |parser| Ok(parser.name()?.sql())),
        Options(known) => {
            parser.expect_symbol("(")?;
            let options = list(parser, known)?;
            parser.expect_symbol(")")?;
            Ok(Value::Options(options))
        }
    }
}

fn number(parser: &mut Parser<'_>) -> Result<Value, SqlError> {
    if parser.words(&["NULL"]) {
        return Ok(Value::Null);
    }
    let parsed = match &parser.peek().kind {
        TokenKind::Number(number) => number.parse().ok(),
        _ => None,
    };
    match parsed {
        Some(number) => {
            parser.advance();
            Ok(Value::Number(number))
        }
        None => Err(parser.unexpected()),
    }
}

fn parenthesised(
    parser: &mut Parser<'_>,
    item: impl Fn(&mut Parser<'_>) -> Result<String, SqlError>,
) -> Result<Value, SqlError> {
    parser.expect_symbol("(")?;
    let mut items = Vec::new();
    if !parser.symbol(")") {
        loop {
            items.push(item(parser)?);
            if !parser.symbol(",") {
                parser.expect_symbol(")")?;
                break;
            }
        }
    }
    Ok(Value::List(items))
}
