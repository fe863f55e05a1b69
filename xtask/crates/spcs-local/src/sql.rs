//! Snowflake's SQL as far as the platform speaks it: text to statements, nothing executed.
//!
//! What is not understood is an error with Snowflake's code and wording, never skipped.

mod bindings;
mod create;
mod error;
mod expression;
mod files;
mod grant;
mod lexer;
mod parser;
mod property;
mod service;
mod show;
mod statement;
mod token;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use bindings::bind;
pub(crate) use error::SqlError;
pub(crate) use expression::Expression;
pub(crate) use parser::{parse, parse_name, split};
pub(crate) use statement::*;
pub(crate) use token::Token;
pub(crate) use value::{ObjectName, Value, needs_quotes};
