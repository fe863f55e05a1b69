//! Tokens and their positions.

/// One token of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The 1-based line in the request's text.
    pub(crate) line: u32,
    /// The 0-based position in the line, as Snowflake counts.
    pub(crate) position: u32,
    /// The byte offset in the request's text.
    pub(crate) at: usize,
    /// The token as written, for messages.
    pub(crate) text: String,
}

/// The type of a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// An unquoted word, in upper case.
    Word(String),
    /// A double-quoted identifier, without its quotes.
    Quoted(String),
    /// A string literal, in single quotes or between `$$`.
    Text(String),
    /// A number as written.
    Number(String),
    /// `@stage/path`, with the `@`.
    Location(String),
    /// `file://…`.
    FileUrl(String),
    /// An operator or punctuation, such as `(`, `=>` or `||`.
    Symbol(&'static str),
    /// The end of the statement.
    End,
}
