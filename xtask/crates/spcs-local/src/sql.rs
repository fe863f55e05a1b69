//! The parts of Snowflake's SQL that statements share: tokens, names, values, expressions, lists
//! of properties, and errors with Snowflake's codes.

mod bindings;
pub(crate) mod budget;
mod error;
mod expression;
mod lexer;
mod parser;
pub(crate) mod property;
mod redact;
mod token;
mod value;

pub(crate) use bindings::{Bindings, bind};
pub(crate) use budget::check_length;
pub(crate) use error::SqlError;
pub(crate) use expression::Expression;
pub(crate) use parser::{Parser, parse_name, split};
pub(crate) use redact::redact;
pub(crate) use token::{Token, TokenKind};
pub(crate) use value::{ObjectName, Properties, Value, needs_quotes};
