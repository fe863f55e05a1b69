//! The few expressions there are: literals, context functions and concatenation.

use super::error::SqlError;
use super::parser::Parser;
use super::token::TokenKind;

/// A value that SELECT or CALL computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Text(String),
    Number(String),
    Boolean(bool),
    Null,
    /// A function by its full name, such as `SYSTEM$GET_SERVICE_STATUS`.
    Function(String, Vec<Expression>),
    /// `a || b`.
    Concatenation(Box<Expression>, Box<Expression>),
}

/// Context functions that may be written without parentheses.
const BARE: [&str; 4] = ["CURRENT_USER", "CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"];

impl Parser<'_> {
    /// One expression.
    pub(super) fn expression(&mut self) -> Result<Expression, SqlError> {
        let mut left = self.operand()?;
        while self.symbol("||") {
            left = Expression::Concatenation(Box::new(left), Box::new(self.operand()?));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, SqlError> {
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
                self.advance();
                match word.as_str() {
                    "TRUE" => return Ok(Expression::Boolean(true)),
                    "FALSE" => return Ok(Expression::Boolean(false)),
                    "NULL" => return Ok(Expression::Null),
                    _ => {}
                }
                if !self.symbol("(") {
                    return if BARE.contains(&word.as_str()) {
                        Ok(Expression::Function(word, Vec::new()))
                    } else {
                        let name = word;
                        Err(SqlError::new(
                            "000904",
                            "42000",
                            format!(
                                "SQL compilation error: error line 1 at position 7\ninvalid identifier '{name}'"
                            ),
                        ))
                    };
                }
                Ok(Expression::Function(word, self.arguments()?))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Arguments after `(`, up to `)`.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expression>, SqlError> {
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
