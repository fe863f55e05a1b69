//! Tokens, each with the place it was read from.

/// One token of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// 1-based, within the whole text that was sent.
    pub(crate) line: u32,
    /// 0-based within the line, as Snowflake counts.
    pub(crate) position: u32,
    /// Where it begins in the text, in bytes.
    pub(crate) at: usize,
    /// The token as written, for messages.
    pub(crate) text: String,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// An unquoted word, in upper case.
    Word(String),
    /// A double-quoted identifier, without its quotes.
    Quoted(String),
    /// A string literal, in single quotes or between `$$`.
    Text(String),
    /// A number, as written.
    Number(String),
    /// `@stage/path`, from the `@` on.
    Location(String),
    /// `file://…`.
    FileUrl(String),
    /// Anything of one or two characters: `(`, `)`, `,`, `=`, `=>`, `||`, `.`, `!`, `*`.
    Symbol(&'static str),
    /// After the last one.
    End,
}
