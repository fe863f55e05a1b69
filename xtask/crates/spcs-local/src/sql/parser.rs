//! The recursive-descent parser: a cursor over tokens, and the statements by first word.

use super::error::SqlError;
use super::lexer;
use super::statement::{Projection, Statement};
use super::token::{Token, TokenKind};
use super::value::ObjectName;
use crate::kind::Kind;

/// The tokens of each statement of a text; empty statements are left out.
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
    Ok(statements)
}

/// One statement from its tokens.
pub(crate) fn parse(tokens: &[Token]) -> Result<Statement, SqlError> {
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let statement = parser.statement()?;
    match parser.peek().kind {
        TokenKind::End => Ok(statement),
        _ => Err(parser.unexpected()),
    }
}

/// A cursor over the tokens of one statement.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// How many expressions are open.
    pub(super) depth: usize,
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, SqlError> {
        let TokenKind::Word(first) = &self.peek().kind else { return Err(self.unexpected()) };
        let first = first.clone();
        self.advance();
        match first.as_str() {
            "USE" => self.use_(),
            "CREATE" => self.create(),
            "ALTER" => self.alter(),
            "DROP" => self.drop(),
            "DESCRIBE" | "DESC" => {
                let kind = self.kind()?;
                Ok(Statement::Describe { kind, name: self.name()? })
            }
            "SHOW" => self.show(),
            "GRANT" => self.grant(false),
            "REVOKE" => self.grant(true),
            "SELECT" => self.select(),
            "CALL" => {
                let function = self.word()?;
                self.expect_symbol("(")?;
                Ok(Statement::Call { function, arguments: self.arguments()? })
            }
            "LIST" | "LS" => self.list(),
            "REMOVE" | "RM" => self.remove(),
            "PUT" => self.put(),
            "GET" => self.get(),
            "EXECUTE" if self.words(&["JOB", "SERVICE"]) => {
                Err(SqlError::unsupported("EXECUTE JOB SERVICE"))
            }
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn use_(&mut self) -> Result<Statement, SqlError> {
        if self.words(&["SECONDARY", "ROLES"]) {
            if self.words(&["ALL"]) {
                return Ok(Statement::UseSecondaryRoles { all: true });
            }
            self.expect(&["NONE"])?;
            return Ok(Statement::UseSecondaryRoles { all: false });
        }
        for kind in [Kind::Role, Kind::Warehouse, Kind::Database, Kind::Schema] {
            if self.phrase(kind.name()) {
                return Ok(Statement::Use { kind, name: self.name()? });
            }
        }
        // `USE x` is a database, `USE x.y` a schema.
        let name = self.name()?;
        let kind = if name.0.len() > 1 { Kind::Schema } else { Kind::Database };
        Ok(Statement::Use { kind, name })
    }

    fn select(&mut self) -> Result<Statement, SqlError> {
        if self.symbol("*") {
            self.expect(&["FROM"])?;
            self.expect(&["TABLE"])?;
            self.expect_symbol("(")?;
            self.expect(&["RESULT_SCAN"])?;
            self.expect_symbol("(")?;
            let query = if self.words(&["LAST_QUERY_ID"]) {
                self.expect_symbol("(")?;
                self.expect_symbol(")")?;
                None
            } else {
                Some(self.text()?)
            };
            self.expect_symbol(")")?;
            self.expect_symbol(")")?;
            return Ok(Statement::ResultScan { query });
        }
        let mut projections = Vec::new();
        loop {
            let start = self.at;
            let expression = self.expression()?;
            let written: String =
                self.tokens[start..self.at].iter().map(|token| token.text.as_str()).collect();
            let column = if self.words(&["AS"]) || self.at_identifier() {
                self.identifier()?
            } else {
                written.to_uppercase()
            };
            projections.push(Projection { expression, column });
            if !self.symbol(",") {
                return Ok(Statement::Select(projections));
            }
        }
    }

    // ---- the cursor ----

    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn mark(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    pub(super) fn at_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    fn at_identifier(&self) -> bool {
        matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
    }

    pub(super) fn unexpected(&self) -> SqlError {
        let token = self.peek();
        SqlError::syntax(token.line, token.position, &token.text)
    }

    pub(super) fn unexpected_before(&self) -> SqlError {
        let token = &self.tokens[self.at.saturating_sub(1)];
        SqlError::syntax(token.line, token.position, &token.text)
    }

    /// Takes these words if they come next.
    pub(super) fn words(&mut self, words: &[&str]) -> bool {
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

    /// The words of a phrase, if they are next.
    pub(super) fn phrase(&mut self, phrase: &str) -> bool {
        self.words(&phrase.split(' ').collect::<Vec<_>>())
    }

    /// These words, or an error at the first that is another.
    pub(super) fn expect(&mut self, words: &[&str]) -> Result<(), SqlError> {
        for word in words {
            if !self.words(&[word]) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let there = matches!(self.peek().kind, TokenKind::Symbol(found) if found == symbol);
        if there {
            self.at += 1;
        }
        there
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Any unquoted word.
    pub(super) fn word(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A string literal.
    pub(super) fn text(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Text(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// One part of a name.
    pub(super) fn identifier(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Word(word) | TokenKind::Quoted(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A name of one to three parts, or `IDENTIFIER('…')`.
    pub(super) fn name(&mut self) -> Result<ObjectName, SqlError> {
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

    /// The words of a kind, in the singular.
    pub(super) fn kind(&mut self) -> Result<Kind, SqlError> {
        Kind::ALL.into_iter().find(|kind| self.phrase(kind.name())).ok_or_else(|| self.unexpected())
    }

    /// `IF EXISTS`.
    pub(super) fn if_exists(&mut self) -> bool {
        self.words(&["IF", "EXISTS"])
    }
}

/// A name given as text, such as an argument of a function.
pub(crate) fn parse_name(text: &str) -> Result<ObjectName, SqlError> {
    let mut tokens = lexer::tokens(text)?;
    if let Some(end) = tokens.last_mut() {
        end.text = "<EOF>".to_owned();
    }
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let name = parser.name()?;
    if parser.at_end() { Ok(name) } else { Err(parser.unexpected()) }
}
