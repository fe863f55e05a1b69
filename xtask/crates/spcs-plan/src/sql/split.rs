//! Splits a file into statements with a tokenizer of the Snowflake dialect.

use sqlparser::dialect::SnowflakeDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::error::Error;
use crate::sql::condition::{self, Condition};

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

/// The tokens of a text, including whitespace and comments.
pub(crate) fn tokens(path: &str, text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    let mut tokenizer = Tokenizer::new(&SnowflakeDialect, text).with_unescape(false);
    tokenizer.tokenize_with_location().map_err(|error| {
        // The tokenizer reports the end of the text. The start of the unterminated token helps more.
        let Some((what, close, line)) = unterminated(text) else {
            let line = usize::try_from(error.location.line).unwrap_or(0);
            let hint = "fix the SQL syntax at this position";
            return Error::new(error.message).at(path, line).with_hint(hint);
        };
        let hint = match close {
            "'" => "close it; double a quote inside single quotes".to_owned(),
            _ => format!("close it with `{close}`"),
        };
        Error::new(format!("unterminated {what}")).at(path, line).with_hint(hint)
    })
}

/// The statements of a file after its header. `header` is the number of header lines.
pub(crate) fn split(path: &str, text: &str, header: usize) -> Result<Vec<RawStatement>, Error> {
    let mut statements: Vec<RawStatement> = Vec::new();
    let mut current = Current::default();
    for token in tokens(path, text)? {
        if let Some(condition) = condition::of_comment(&token).filter(|c| c.line > header) {
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
        match token.token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::SemiColon => {
                let end = token.span.start;
                statements.extend(std::mem::take(&mut current).end(path, text, Some(end))?);
            }
            _ => current.tokens.push(token),
        }
    }
    statements.extend(current.end(path, text, None)?);
    Ok(statements)
}

/// A statement that has not ended yet.
#[derive(Default)]
struct Current {
    tokens: Vec<TokenWithSpan>,
    /// The condition on its own line before the statement.
    when: Option<Condition>,
    /// The conditions at the ends of its lines.
    conditions: Vec<Condition>,
}

impl Current {
    fn end(
        self,
        path: &str,
        text: &str,
        end: Option<Location>,
    ) -> Result<Option<RawStatement>, Error> {
        let Some(first) = self.tokens.first() else {
            return self.when.map_or(Ok(None), |condition| Err(condition.misplaced(path)));
        };
        let line = usize::try_from(first.span.start.line).unwrap_or(1);
        refuse_file_commands(path, &first.token, line)?;
        let start = offset(text, first.span.start);
        let end = end.map_or(text.len(), |end| offset(text, end));
        let text = text[start..end].trim_end().to_owned();
        let mut statement = RawStatement {
            line,
            text,
            tokens: self.tokens.into_iter().map(|token| token.token).collect(),
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
fn refuse_file_commands(path: &str, first: &Token, line: usize) -> Result<(), Error> {
    let Token::Word(word) = first else { return Ok(()) };
    let command = word.value.to_uppercase();
    if !["PUT", "GET"].contains(&command.as_str()) {
        return Ok(());
    }
    let message = format!("`{command}` transfers local files and cannot be sent to the server");
    Err(Error::new(message)
        .at(path, line)
        .with_hint("remove this statement; `cargo xtask put` uploads specs"))
}

/// The byte offset of a position. Columns count characters.
fn offset(text: &str, at: Location) -> usize {
    let line = usize::try_from(at.line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(at.column).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &text[start..];
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// Finds the token that the end of the text leaves unterminated, and the line where it starts.
fn unterminated(text: &str) -> Option<(&'static str, &'static str, usize)> {
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    while !rest.is_empty() {
        let (what, open, close) = match rest {
            _ if rest.starts_with("--") || rest.starts_with("//") => ("line", 2, "\n"),
            _ if rest.starts_with("/*") => ("comment", 2, "*/"),
            _ if rest.starts_with("$$") => ("`$$` string", 2, "$$"),
            _ if rest.starts_with('\'') => ("string", 1, "'"),
            _ if rest.starts_with('"') => ("quoted identifier", 1, "\""),
            _ => {
                rest = &rest[rest.chars().next().map_or(1, char::len_utf8)..];
                continue;
            }
        };
        let body = &rest[open..];
        let end = if close == "'" { literal_end(body) } else { body.find(close) };
        match end {
            Some(end) => rest = &body[end + close.len()..],
            None if close == "\n" => return None,
            None => return Some((what, close, line_of(rest))),
        }
    }
    None
}

/// The end of a single-quoted literal, in which a backslash escapes the next character.
fn literal_end(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.char_indices().find_map(|(at, c)| {
        let ends = c == '\'' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}
