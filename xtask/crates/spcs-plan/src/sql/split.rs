//! Splits a file into statements.

use crate::error::Error;
use crate::sql::condition::{self, Condition};
use crate::sql::token::{Kind, Token, tokens};

/// A statement of a file, before its effect is parsed.
pub(crate) struct RawStatement {
    /// Its first line, from 1.
    pub(crate) line: usize,
    /// Its text without the semicolon.
    pub(crate) text: String,
    /// Its tokens without whitespace and comments.
    pub(crate) tokens: Vec<Token>,
    /// The condition of the whole statement.
    pub(super) when: Option<Condition>,
    /// The conditions of single lines.
    pub(super) line_conditions: Vec<Condition>,
}

/// The statements of a file after its header. `header` is the number of header lines.
pub(crate) fn split(path: &str, text: &str, header: usize) -> Result<Vec<RawStatement>, Error> {
    let mut statements: Vec<RawStatement> = Vec::new();
    let mut current = Current::default();
    for token in tokens(path, text)? {
        if let Some(condition) = condition::of_comment(text, &token).filter(|c| c.line > header) {
            let is_alone = text
                .lines()
                .nth(condition.line - 1)
                .is_some_and(|line| line.trim_start().starts_with("--"));
            match (is_alone, current.tokens.is_empty(), statements.last_mut()) {
                (true, true, _) if current.when.is_none() => current.when = Some(condition),
                (false, false, _) => current.conditions.push(condition),
                (false, true, Some(last)) => last.add(path, condition)?,
                _ => return Err(condition.misplaced(path)),
            }
            continue;
        }
        if token.is_symbol(";") {
            statements.extend(std::mem::take(&mut current).end(path, text, token.start)?);
        } else if token.is_code() {
            current.tokens.push(token);
        }
    }
    statements.extend(current.end(path, text, text.len())?);
    Ok(statements)
}

/// A statement that has not ended yet.
#[derive(Default)]
struct Current {
    tokens: Vec<Token>,
    /// The condition on its own line before the statement.
    when: Option<Condition>,
    /// The conditions at the ends of its lines.
    conditions: Vec<Condition>,
}

impl Current {
    fn end(self, path: &str, text: &str, end: usize) -> Result<Option<RawStatement>, Error> {
        let Some(first) = self.tokens.first() else {
            return self.when.map_or(Ok(None), |condition| Err(condition.misplaced(path)));
        };
        refuse_file_commands(path, first)?;
        let (start, line) = (first.start, first.line);
        let text = text[start..end].trim_end().to_owned();
        let mut statement = RawStatement {
            line,
            text,
            tokens: self.tokens,
            when: self.when,
            line_conditions: Vec::new(),
        };
        for condition in self.conditions {
            statement.add(path, condition)?;
        }
        Ok(Some(statement))
    }
}

/// Rejects PUT and GET: they transfer local files, which the server cannot do.
fn refuse_file_commands(path: &str, first: &Token) -> Result<(), Error> {
    let command = first.text.to_uppercase();
    if first.kind != Kind::Word || !["PUT", "GET"].contains(&command.as_str()) {
        return Ok(());
    }
    let message = format!("`{command}` transfers local files and cannot be sent to the server");
    Err(Error::new(message)
        .at(path, first.line)
        .with_hint("remove this statement; `cargo xtask put` uploads specs"))
}
