//! A tokenizer for Snowflake SQL. It knows quotes, comments and `$$` strings, which is enough to split
//! a file and to see where a value stands. `sqlparser` knows them too, but costs a cold build 24 s.

use crate::error::Error;

/// A piece of SQL text. The texts of all tokens together are the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// As written, with its quotes.
    pub(crate) text: String,
    /// The byte where it starts.
    pub(crate) start: usize,
    /// The line where it starts, from 1.
    pub(crate) line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Space,
    /// `-- …` or `// …`, without the line break.
    LineComment,
    /// `/* … */`
    BlockComment,
    /// A keyword or an unquoted identifier.
    Word,
    /// `"…"`
    QuotedIdentifier,
    Number,
    /// `'…'`
    Text,
    /// `$$…$$`
    DollarText,
    /// Any other character, and `=>`.
    Symbol,
}

impl Token {
    /// Whether it is part of a statement, and not space or a comment.
    pub(crate) fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::LineComment | Kind::BlockComment)
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// The text without its quotes. Escapes stay as written.
    pub(crate) fn content(&self) -> &str {
        match self.kind {
            Kind::Text | Kind::QuotedIdentifier => &self.text[1..self.text.len() - 1],
            Kind::DollarText => &self.text[2..self.text.len() - 2],
            _ => &self.text,
        }
    }
}

/// The tokens of a text, including whitespace and comments.
pub(crate) fn tokens(path: &str, text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let (mut start, mut line) = (0, 1);
    while start < text.len() {
        let rest = &text[start..];
        let (kind, length) = first(rest).map_err(|unterminated| unterminated.at(path, line))?;
        let text = rest[..length].to_owned();
        let breaks = text.matches('\n').count();
        tokens.push(Token { kind, text, start, line });
        start += length;
        line += breaks;
    }
    Ok(tokens)
}

/// The kind and the length of the first token.
fn first(rest: &str) -> Result<(Kind, usize), Error> {
    let span = |matches: fn(char) -> bool| rest.find(|c| !matches(c)).unwrap_or(rest.len());
    let closed = |kind, what, open: usize, close: &str, end: Option<usize>| match end {
        Some(end) => Ok((kind, open + end + close.len())),
        None => Err(unterminated(what, close)),
    };
    let body = |open| rest.get(open..).unwrap_or_default();
    Ok(match rest.chars().next().unwrap_or_default() {
        c if c.is_whitespace() => (Kind::Space, span(char::is_whitespace)),
        '-' | '/' if rest.starts_with("--") || rest.starts_with("//") => {
            (Kind::LineComment, rest.find('\n').unwrap_or(rest.len()))
        }
        '/' if rest.starts_with("/*") => {
            return closed(Kind::BlockComment, "comment", 2, "*/", body(2).find("*/"));
        }
        '$' if rest.starts_with("$$") => {
            return closed(Kind::DollarText, "`$$` string", 2, "$$", body(2).find("$$"));
        }
        '\'' => return closed(Kind::Text, "string", 1, "'", quote_end(body(1), '\'')),
        '"' => {
            let end = quote_end(body(1), '"');
            return closed(Kind::QuotedIdentifier, "quoted identifier", 1, "\"", end);
        }
        c if c.is_alphabetic() || c == '_' => {
            (Kind::Word, span(|c| c.is_alphanumeric() || c == '_' || c == '$'))
        }
        c if c.is_ascii_digit() => (Kind::Number, span(|c| c.is_ascii_digit() || c == '.')),
        '=' if rest.starts_with("=>") => (Kind::Symbol, 2),
        c => (Kind::Symbol, c.len_utf8()),
    })
}

/// Where the closing quote is. A doubled quote stands for one; in a text, a backslash escapes the
/// next character.
fn quote_end(body: &str, quote: char) -> Option<usize> {
    let mut characters = body.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && quote == '\'' {
            characters.next();
        } else if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at);
        }
    }
    None
}

fn unterminated(what: &str, close: &str) -> Error {
    let hint = match close {
        "'" => "close it; double a quote inside single quotes".to_owned(),
        _ => format!("close it with `{close}`"),
    };
    Error::new(format!("unterminated {what}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the kinds and contents of all tokens but spaces.
    #[track_caller]
    fn assert_tokens(text: &str, expected: &[(Kind, &str)]) {
        let tokens = tokens("a.sql", text).expect("the text is valid");
        let all: String = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(all, text, "no character is lost");
        let seen = tokens.iter().filter(|token| token.kind != Kind::Space);
        let seen: Vec<_> = seen.map(|token| (token.kind, token.content())).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn semicolons_in_quotes_and_comments_are_part_of_their_token() {
        let text = "a ';''\\';' \";\"\";\" $$;'$$ -- ;\n/* ;\n */ // ;\n;";
        let expected = [
            (Kind::Word, "a"),
            (Kind::Text, ";''\\';"),
            (Kind::QuotedIdentifier, ";\"\";"),
            (Kind::DollarText, ";'"),
            (Kind::LineComment, "-- ;"),
            (Kind::BlockComment, "/* ;\n */"),
            (Kind::LineComment, "// ;"),
            (Kind::Symbol, ";"),
        ];
        assert_tokens(text, &expected);
    }

    #[test]
    fn words_numbers_and_symbols_are_told_apart() {
        let expected = [
            (Kind::Word, "é_1$"),
            (Kind::Symbol, "="),
            (Kind::Number, "1.5"),
            (Kind::Symbol, "=>"),
            (Kind::Symbol, "@"),
            (Kind::Word, "s"),
            (Kind::Symbol, "/"),
            (Kind::Symbol, "."),
        ];
        assert_tokens("é_1$=1.5 => @s/ .", &expected);
    }

    #[test]
    fn an_unterminated_token_is_reported_at_the_line_where_it_starts() {
        for text in ["a\n'x\n\\'", "a\n\"x\n", "a\n$$x\n$", "a\n/*x\n*"] {
            let error = tokens("a.sql", text).expect_err("it does not end").to_string();
            assert!(error.starts_with("a.sql:2: unterminated"), "{error}");
        }
    }
}
