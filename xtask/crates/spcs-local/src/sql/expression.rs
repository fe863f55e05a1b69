//! The supported expressions: literals, functions and concatenation.

use super::error::SqlError;
use super::parser::Parser;
use super::token::TokenKind;

/// An expression in SELECT or CALL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Text(String),
    Number(String),
    Boolean(bool),
    Null,
    /// A function by its full name, such as `SYSTEM$GET_SERVICE_STATUS`.
    Function(String, Vec<Expression>),
    /// `a || b || c`.
    Concatenation(Vec<Expression>),
}

/// The context functions that can be called without parentheses.
const WITHOUT_PARENTHESES: [&str; 3] = ["CURRENT_USER", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"];

/// The maximum nesting depth of expressions, so that parsing cannot overflow the stack.
const MAX_DEPTH: usize = 64;

impl Parser<'_> {
    pub(crate) fn expression(&mut self) -> Result<Expression, SqlError> {
        let first = self.operand()?;
        let mut parts = vec![first];
        while self.symbol("||") {
            parts.push(self.operand()?);
        }
        Ok(match <[Expression; 1]>::try_from(parts) {
            Ok([alone]) => alone,
            Err(parts) => Expression::Concatenation(parts),
        })
    }

    /// An operand, with a check of the nesting depth.
    fn operand(&mut self) -> Result<Expression, SqlError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.unexpected());
        }
        self.depth += 1;
        let operand = self.unchecked_operand();
        self.depth -= 1;
        operand
    }

    fn unchecked_operand(&mut self) -> Result<Expression, SqlError> {
        if self.symbol("(") {
            let inner = self.expression()?;
            self.expect_symbol(")")?;
            return Ok(inner);
        }
        if self.symbol("-") {
            return match self.operand()? {
                Expression::Number(number) => Ok(Expression::Number(format!("-{number}"))),
                _ => Err(self.unexpected_before()),
            };
        }
        match self.peek().kind.clone() {
            TokenKind::Text(text) => {
                self.advance();
                Ok(Expression::Text(text))
            }
            TokenKind::Number(number) => {
                self.advance();
                Ok(Expression::Number(number))
            }
            TokenKind::Word(word) => {
                let (line, position) = (self.peek().line, self.peek().position);
                self.advance();
                match word.as_str() {
                    "TRUE" => return Ok(Expression::Boolean(true)),
                    "FALSE" => return Ok(Expression::Boolean(false)),
                    "NULL" => return Ok(Expression::Null),
                    _ => {}
                }
                if !self.symbol("(") {
                    return if WITHOUT_PARENTHESES.contains(&word.as_str()) {
                        Ok(Expression::Function(word, Vec::new()))
                    } else {
                        Err(SqlError::new(
                            "000904",
                            "42000",
                            format!(
                                "SQL compilation error: error line {line} at position {position}\n\
                                 invalid identifier '{word}'"
                            ),
                        ))
                    };
                }
                Ok(Expression::Function(word, self.arguments()?))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The arguments after `(`, including the `)`.
    pub(crate) fn arguments(&mut self) -> Result<Vec<Expression>, SqlError> {
        let mut arguments = Vec::new();
        if self.symbol(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if !self.symbol(",") {
                self.expect_symbol(")")?;
                return Ok(arguments);
            }
        }
    }
}
