//! Takes a file apart at the semicolons that end statements, by a real tokenizer of the dialect.

use sqlparser::dialect::SnowflakeDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::error::Error;

/// A statement as it stands in a file.
pub(crate) struct RawStatement {
    /// Its first line, from 1.
    pub(crate) line: usize,
    /// Its text without the semicolon.
    pub(crate) text: String,
    /// Its tokens without whitespace and comments.
    pub(crate) tokens: Vec<Token>,
}

/// The tokens of a text, whitespace and comments included.
pub(crate) fn tokens(path: &str, text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    let mut tokenizer = Tokenizer::new(&SnowflakeDialect, text).with_unescape(false);
    tokenizer.tokenize_with_location().map_err(|error| {
        // The tokenizer notices at the end of the text; the place to look at is where it began.
        let Some((what, close, line)) = still_open(text) else {
            let line = usize::try_from(error.location.line).unwrap_or(0);
            let hint = "mend the text there: it cannot be read as SQL";
            return Error::new(error.message).at(path, line).with_hint(hint);
        };
        let hint = match close {
            "'" => "close it; inside of single quotes a quote is doubled".to_owned(),
            _ => format!("close it with `{close}`"),
        };
        Error::new(format!("the {what} that begins here does not end"))
            .at(path, line)
            .with_hint(hint)
    })
}

/// The statements of a file.
pub(crate) fn split(path: &str, text: &str) -> Result<Vec<RawStatement>, Error> {
    let mut statements = Vec::new();
    let mut current: Vec<TokenWithSpan> = Vec::new();
    let all = tokens(path, text)?;
    for token in all {
        match token.token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::SemiColon => {
                let end = token.span.start;
                push(&mut statements, path, text, std::mem::take(&mut current), Some(end))?;
            }
            _ => current.push(token),
        }
    }
    push(&mut statements, path, text, current, None)?;
    Ok(statements)
}

fn push(
    statements: &mut Vec<RawStatement>,
    path: &str,
    text: &str,
    tokens: Vec<TokenWithSpan>,
    end: Option<Location>,
) -> Result<(), Error> {
    let Some(first) = tokens.first() else { return Ok(()) };
    let line = usize::try_from(first.span.start.line).unwrap_or(1);
    if let Token::Word(word) = &first.token
        && ["PUT", "GET"].contains(&word.value.to_uppercase().as_str())
    {
        let command = word.value.to_uppercase();
        return Err(Error::new(format!(
            "`{command}` moves files, which a statement sent to the server cannot"
        ))
        .at(path, line)
        .with_hint("specs are uploaded by `cargo xtask put`; take this statement out"));
    }
    let start = offset(text, first.span.start);
    let end = end.map_or(text.len(), |end| offset(text, end));
    statements.push(RawStatement {
        line,
        text: text[start..end].trim_end().to_owned(),
        tokens: tokens.into_iter().map(|token| token.token).collect(),
    });
    Ok(())
}

/// The byte offset of a position, whose column counts characters.
fn offset(text: &str, at: Location) -> usize {
    let line = usize::try_from(at.line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(at.column).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &text[start..];
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// What is still open at the end of the text, and the line where it begins.
fn still_open(text: &str) -> Option<(&'static str, &'static str, usize)> {
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    while !rest.is_empty() {
        let (what, open, close) = match rest {
            _ if rest.starts_with("--") || rest.starts_with("//") => ("line", 2, "\n"),
            _ if rest.starts_with("/*") => ("comment", 2, "*/"),
            _ if rest.starts_with("$$") => ("`$$` text", 2, "$$"),
            _ if rest.starts_with('\'') => ("quoted text", 1, "'"),
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

/// Where a single-quoted literal ends, a backslash taking the next character with it.
fn literal_end(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.char_indices().find_map(|(at, c)| {
        let ends = c == '\'' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}
