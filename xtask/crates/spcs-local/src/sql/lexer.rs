//! The lexer. Handles quotes, comments, `$$`, stage locations and file URLs.

use super::budget;
use super::error::SqlError;
use super::token::{Token, TokenKind};

const SYMBOLS: [&str; 19] = [
    "=>", "||", "::", "(", ")", ",", "=", ".", "!", "*", ";", "+", "-", "/", "<", ">", "%", "?",
    ":",
];

/// All tokens of a text, including `;`, followed by [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SqlError> {
    budget::check_length(text)?;
    let mut lexer = Lexer { length: text.len(), rest: text, line: 1, position: 0 };
    let mut found = Vec::new();
    loop {
        lexer.skip_blank()?;
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        found.push(token);
        if end {
            return Ok(found);
        }
        budget::check(found.len(), budget::MAX_TOKENS, "tokens in one request")?;
    }
}

struct Lexer<'a> {
    /// The length of the whole text in bytes.
    length: usize,
    rest: &'a str,
    line: u32,
    position: u32,
}

impl<'a> Lexer<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        for character in taken.chars() {
            if character == '\n' {
                self.line += 1;
                self.position = 0;
            } else {
                self.position += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn skip_blank(&mut self) -> Result<(), SqlError> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.take(blank);
            if self.rest.starts_with("--") || self.rest.starts_with("//") {
                self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                let end = self.rest.find("*/").ok_or_else(|| self.broken("/*"))?;
                self.take(end + 2);
            } else if blank == 0 {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Token, SqlError> {
        let (line, position) = (self.line, self.position);
        let before = self.rest;
        let at = self.length - before.len();
        let kind = self.kind()?;
        let text = before[..before.len() - self.rest.len()].to_owned();
        Ok(Token { kind, line, position, at, text })
    }

    fn kind(&mut self) -> Result<TokenKind, SqlError> {
        let Some(first) = self.rest.chars().next() else { return Ok(TokenKind::End) };
        if let Some(body) = self.rest.strip_prefix("$$") {
            let end = body.find("$$").ok_or_else(|| self.broken("$$"))?;
            self.take(end + 4);
            return Ok(TokenKind::Text(body[..end].to_owned()));
        }
        match first {
            '\'' => Ok(TokenKind::Text(self.string()?)),
            '"' => Ok(TokenKind::Quoted(self.quoted()?)),
            '@' => Ok(TokenKind::Location(self.unbroken(&[';', ')', ','])?)),
            _ if self.rest.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("file://")) => {
                Ok(TokenKind::FileUrl(self.unbroken(&[';'])?))
            }
            _ if first.is_alphabetic() || first == '_' => {
                let end = self
                    .rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                    .unwrap_or(self.rest.len());
                Ok(TokenKind::Word(self.take(end).to_uppercase()))
            }
            _ if first.is_ascii_digit() => self.number(),
            _ => match SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol)) {
                Some(symbol) => {
                    self.take(symbol.len());
                    Ok(TokenKind::Symbol(symbol))
                }
                None => Err(self.broken(&first.to_string())),
            },
        }
    }

    /// An integer, or a decimal number if digits follow the point.
    fn number(&mut self) -> Result<TokenKind, SqlError> {
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut end = digits(self.rest);
        if let Some(fraction) = self.rest[end..].strip_prefix('.').map(digits).filter(|n| *n > 0) {
            end += 1 + fraction;
        }
        if let Some(exponent) = self.rest[end..].strip_prefix(['e', 'E'])
            && exponent.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(SqlError::unsupported("floating-point numbers"));
        }
        Ok(TokenKind::Number(self.take(end).to_owned()))
    }

    /// A string in single quotes, with `''` and backslash escapes.
    fn string(&mut self) -> Result<String, SqlError> {
        let mut value = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    characters.next();
                    value.push('\'');
                }
                '\'' => {
                    self.take(at + 1);
                    return Ok(value);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, '0')) => value.push('\0'),
                    Some((_, 'b')) => value.push('\u{8}'),
                    Some((_, 'f')) => value.push('\u{c}'),
                    Some((at, kind @ ('x' | 'u'))) => {
                        let count = if kind == 'x' { 2 } else { 4 };
                        let digits = self.rest.get(at + 1..at + 1 + count);
                        let code = digits
                            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
                            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                        match code.and_then(char::from_u32) {
                            Some(character) => {
                                value.push(character);
                                characters.nth(count - 1);
                            }
                            // Not a valid escape: ignore the backslash, as before other letters.
                            None => value.push(kind),
                        }
                    }
                    Some((_, other)) => value.push(other),
                    None => break,
                },
                other => value.push(other),
            }
        }
        Err(self.broken("'"))
    }

    /// A quoted identifier; `""` stands for one quote.
    fn quoted(&mut self) -> Result<String, SqlError> {
        let mut value = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character != '"' {
                value.push(character);
            } else if characters.peek().is_some_and(|(_, next)| *next == '"') {
                characters.next();
                value.push('"');
            } else {
                self.take(at + 1);
                return Ok(value);
            }
        }
        Err(self.broken("\""))
    }

    /// The text up to whitespace or one of `ends`, except inside double quotes.
    fn unbroken(&mut self, ends: &[char]) -> Result<String, SqlError> {
        let mut inside = false;
        let end = self
            .rest
            .find(|c: char| {
                inside ^= c == '"';
                !inside && (c.is_whitespace() || ends.contains(&c))
            })
            .unwrap_or(self.rest.len());
        if inside {
            return Err(self.broken("\""));
        }
        Ok(self.take(end).to_owned())
    }

    fn broken(&self, text: &str) -> SqlError {
        SqlError::syntax(self.line, self.position, text)
    }
}
