//! Parses CREATE SERVICE and the `FROM …` of ALTER SERVICE.

use super::{CreateService, Specification, Statement};
use crate::kind::Kind;
use crate::sql::{Parser, SqlError, TokenKind, property};

impl Parser<'_> {
    /// The rest after `CREATE SERVICE`: the pool, the specification, then the properties in any
    /// order, as the Snowflake CLI sends them.
    pub(super) fn create_service(&mut self) -> Result<Statement, SqlError> {
        let if_not_exists = self.words(&["IF", "NOT", "EXISTS"]);
        let name = self.name()?;
        self.expect(&["IN", "COMPUTE", "POOL"])?;
        let pool = self.name()?;
        self.expect(&["FROM"])?;
        let specification = self.specification()?;
        let properties = property::list(self, Kind::Service.facts().properties)?;
        Ok(Statement::CreateService(CreateService {
            name,
            if_not_exists,
            pool,
            specification,
            properties,
        }))
    }

    /// The specification after `FROM`: `SPECIFICATION $$…$$`, `@stage SPECIFICATION_FILE = 'f'`.
    /// `SPEC` and the form without `=` are older spellings.
    pub(super) fn specification(&mut self) -> Result<Specification, SqlError> {
        if self.words(&["SPECIFICATION"]) {
            return Ok(Specification::Inline(self.text()?));
        }
        let stage = match self.peek().kind {
            TokenKind::Location(_) | TokenKind::Text(_) => self.location()?,
            _ => String::new(),
        };
        if !self.words(&["SPECIFICATION_FILE"]) && !self.words(&["SPEC"]) {
            return Err(self.unexpected());
        }
        self.symbol("=");
        Ok(Specification::Staged { stage, file: self.text()? })
    }
}
