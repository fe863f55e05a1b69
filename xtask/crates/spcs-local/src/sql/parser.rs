//! The base of the recursive-descent parser: a cursor over the tokens of one statement.

use super::budget;
use super::error::SqlError;
use super::lexer;
use super::token::{Token, TokenKind};
use super::value::ObjectName;

/// Splits a text into the tokens of each statement, without empty statements.
pub(crate) fn split(text: &str) -> Result<Vec<Vec<Token>>, SqlError> {
    let mut statements = vec![Vec::new()];
    for token in lexer::tokens(text)? {
        let ends = match token.kind {
            TokenKind::Symbol(";") => true,
            TokenKind::End => false,
            _ => {
                statements.last_mut().expect("never empty").push(token);
                continue;
            }
        };
        let end = Token { kind: TokenKind::End, text: "<EOF>".to_owned(), ..token };
        statements.last_mut().expect("never empty").push(end);
        if ends {
            statements.push(Vec::new());
        }
    }
    statements.retain(|tokens| tokens.len() > 1);
    budget::check(statements.len(), budget::MAX_STATEMENTS, "statements in one request")?;
    Ok(statements)
}

/// A cursor over the tokens of one statement.
pub(crate) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The current nesting depth of expressions.
    pub(crate) depth: usize,
}

impl<'a> Parser<'a> {
    /// A cursor at the first token.
    pub(crate) fn new(tokens: &'a [Token]) -> Self {
        Self { tokens, at: 0, depth: 0 }
    }

    /// The text of the tokens between a mark and the cursor.
    pub(crate) fn written_since(&self, mark: usize) -> String {
        self.tokens[mark..self.at].iter().map(|token| token.text.as_str()).collect()
    }

    pub(crate) fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub(crate) fn advance(&mut self) {
        self.at += 1;
    }

    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    pub(crate) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    pub(crate) fn at_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    pub(crate) fn at_identifier(&self) -> bool {
        matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
    }

    pub(crate) fn unexpected(&self) -> SqlError {
        let token = self.peek();
        SqlError::syntax(token.line, token.position, &token.text)
    }

    pub(crate) fn unexpected_before(&self) -> SqlError {
        let token = &self.tokens[self.at.saturating_sub(1)];
        SqlError::syntax(token.line, token.position, &token.text)
    }

    /// Consumes these words if they are the next tokens.
    pub(crate) fn words(&mut self, words: &[&str]) -> bool {
        let next = self.tokens[self.at.min(self.tokens.len() - 1)..].iter();
        let there = next.clone().count() > words.len()
            && words.iter().zip(next).all(
                |(word, token)| matches!(&token.kind, TokenKind::Word(found) if found == word),
            );
        if there {
            self.at += words.len();
        }
        there
    }

    /// Consumes the words of a phrase if they are the next tokens.
    pub(crate) fn phrase(&mut self, phrase: &str) -> bool {
        self.words(&phrase.split(' ').collect::<Vec<_>>())
    }

    /// Consumes these words, or fails at the first other token.
    pub(crate) fn expect(&mut self, words: &[&str]) -> Result<(), SqlError> {
        for word in words {
            if !self.words(&[word]) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let there = matches!(self.peek().kind, TokenKind::Symbol(found) if found == symbol);
        if there {
            self.at += 1;
        }
        there
    }

    pub(crate) fn expect_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Consumes an unquoted word.
    pub(crate) fn word(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Consumes a string literal.
    pub(crate) fn text(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Text(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Consumes one part of a name.
    pub(crate) fn identifier(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Word(word) | TokenKind::Quoted(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Consumes a name of one to three parts, or `IDENTIFIER('…')`.
    pub(crate) fn name(&mut self) -> Result<ObjectName, SqlError> {
        let mark = self.mark();
        if self.words(&["IDENTIFIER"]) {
            if self.symbol("(") {
                let text = self.text()?;
                self.expect_symbol(")")?;
                return parse_name(&text);
            }
            self.back_to(mark);
        }
        let mut parts = vec![self.identifier()?];
        while parts.len() < 3 && self.symbol(".") {
            parts.push(self.identifier()?);
        }
        Ok(ObjectName(parts))
    }

    /// Consumes `IF EXISTS` if it is next.
    pub(crate) fn if_exists(&mut self) -> bool {
        self.words(&["IF", "EXISTS"])
    }
}

/// Parses a name that is given as text, such as an argument of a function.
pub(crate) fn parse_name(text: &str) -> Result<ObjectName, SqlError> {
    let mut tokens = lexer::tokens(text)?;
    if let Some(end) = tokens.last_mut() {
        end.text = "<EOF>".to_owned();
    }
    let mut parser = Parser::new(&tokens);
    let name = parser.name()?;
    if parser.at_end() { Ok(name) } else { Err(parser.unexpected()) }
}
