//! `-- when: …` inside a file marks a statement, or one line of a statement, as conditional. It is a
//! comment, so the Snowflake CLI still runs the file, with all its statements.
//!
//! On its own line, a condition applies to the next statement; at the end of a line, to that line.

use crate::error::Error;
use crate::sql::RawStatement;
use crate::sql::token::{Kind, Token, tokens};

/// A condition and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// `egress`
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
    /// The column of its comment, in characters from 0.
    pub(super) column: usize,
}

/// Parses a comment that contains a condition.
pub(super) fn of_comment(text: &str, token: &Token) -> Option<Condition> {
    let comment = token.text.strip_prefix("--").filter(|_| token.kind == Kind::LineComment)?;
    let condition = comment.trim().strip_prefix("when:")?.trim().to_owned();
    let before = text[..token.start].rsplit('\n').next().unwrap_or_default();
    Some(Condition { text: condition, line: token.line, column: before.chars().count() })
}

impl Condition {
    pub(super) fn misplaced(&self, path: &str) -> Error {
        Error::new("this condition does not apply to any statement").at(path, self.line).with_hint(
            "put it on its own line before a statement, or at the end of one of the statement's lines",
        )
    }
}

impl RawStatement {
    /// Adds the condition at the end of one of the statement's lines.
    pub(super) fn add(&mut self, path: &str, condition: Condition) -> Result<(), Error> {
        let lines = self.text.lines().count();
        if !(self.line..self.line + lines).contains(&condition.line) {
            return Err(condition.misplaced(path));
        }
        if lines == 1 {
            self.when = Some(condition);
        } else if condition.line == self.line {
            return Err(Error::new("the first line of a statement cannot be conditional")
                .at(path, condition.line)
                .with_hint("put the condition on its own line before the statement"));
        } else {
            self.line_conditions.push(condition);
        }
        Ok(())
    }

    /// Removes the lines whose condition does not hold. Returns nothing if the condition of the whole
    /// statement does not hold.
    pub(super) fn resolve(
        self,
        path: &str,
        holds: &impl Fn(&Condition) -> Result<bool, Error>,
    ) -> Result<Option<RawStatement>, Error> {
        if let Some(condition) = &self.when
            && !holds(condition)?
        {
            return Ok(None);
        }
        if self.line_conditions.is_empty() {
            return Ok(Some(self));
        }
        let mut kept = Vec::new();
        for (text, line) in self.text.lines().zip(self.line..) {
            match self.line_conditions.iter().find(|condition| condition.line == line) {
                None => kept.push(text.to_owned()),
                Some(condition) if holds(condition)? => {
                    let before: String = text.chars().take(condition.column).collect();
                    kept.push(before.trim_end().to_owned());
                }
                Some(_) => {}
            }
        }
        let text = kept.join("\n");
        let tokens = tokens(path, &text)?.into_iter().filter(Token::is_code).collect();
        Ok(Some(RawStatement { tokens, text, ..self }))
    }
}
