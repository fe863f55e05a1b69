//! Parses a statement; the first word selects the parser.

use super::{Projection, Statement};
use crate::kind::{Kind, SessionPart};
use crate::sql::{Parser, SqlError, Token, TokenKind, budget};

/// Parses the tokens of one statement.
pub(crate) fn parse(tokens: &[Token]) -> Result<Statement, SqlError> {
    let mut parser = Parser::new(tokens);
    let statement = parser.statement()?;
    match parser.peek().kind {
        TokenKind::End => Ok(statement),
        _ => Err(parser.unexpected()),
    }
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, SqlError> {
        let TokenKind::Word(first) = &self.peek().kind else { return Err(self.unexpected()) };
        let (start, first) = (self.mark(), first.clone());
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
                self.back_to(start);
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
        for kind in Kind::creatable() {
            if let Some(part) = kind.facts().session
                && self.phrase(kind.words())
            {
                return Ok(Statement::Use { kind, part, name: self.name()? });
            }
        }
        // `USE x` means a database, `USE x.y` a schema.
        let name = self.name()?;
        let (kind, part) = match name.0.len() {
            1 => (Kind::Database, SessionPart::Database),
            _ => (Kind::Schema, SessionPart::Schema),
        };
        Ok(Statement::Use { kind, part, name })
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
            let start = self.mark();
            let expression = self.expression()?;
            let written = self.written_since(start);
            let column = if self.words(&["AS"]) || self.at_identifier() {
                self.identifier()?
            } else {
                written.to_uppercase()
            };
            projections.push(Projection { expression, column });
            budget::check(projections.len(), budget::MAX_COLUMNS, "columns in one result")?;
            if !self.symbol(",") {
                return Ok(Statement::Select(projections));
            }
        }
    }

    /// The SQL name of a kind.
    pub(super) fn kind(&mut self) -> Result<Kind, SqlError> {
        Kind::creatable().find(|kind| self.phrase(kind.words())).ok_or_else(|| self.unexpected())
    }

    /// The SQL name of a kind, or a label that several kinds share, such as INTEGRATION.
    pub(super) fn kinds(&mut self) -> Result<Vec<Kind>, SqlError> {
        if let Some(kind) = Kind::creatable().find(|kind| self.phrase(kind.words())) {
            return Ok(vec![kind]);
        }
        let shared = Kind::creatable().map(Kind::label).find(|label| self.phrase(label));
        shared.map(Kind::with_label).ok_or_else(|| self.unexpected())
    }
}
