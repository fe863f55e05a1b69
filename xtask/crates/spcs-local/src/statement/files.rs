//! Parses LIST, REMOVE, PUT and GET.

use super::{Statement, Transfer};
use crate::sql::property::{self, Property, Shape};
use crate::sql::{Parser, SqlError, TokenKind};

impl Parser<'_> {
    /// `@stage/path`, bare or quoted.
    pub(super) fn location(&mut self) -> Result<String, SqlError> {
        match &self.peek().kind {
            TokenKind::Location(location) => {
                let location = location.clone();
                self.advance();
                Ok(location)
            }
            TokenKind::Text(text) if text.starts_with('@') => self.text(),
            _ => Err(self.unexpected()),
        }
    }

    /// The path of `file://path`, bare or quoted.
    fn file(&mut self) -> Result<String, SqlError> {
        let url = match &self.peek().kind {
            TokenKind::FileUrl(url) => url.clone(),
            TokenKind::Text(text) if text.to_lowercase().starts_with("file://") => text.clone(),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(url["file://".len()..].to_owned())
    }

    fn pattern(&mut self) -> Result<Option<String>, SqlError> {
        if !self.words(&["PATTERN"]) {
            return Ok(None);
        }
        self.expect_symbol("=")?;
        Ok(Some(self.text()?))
    }

    pub(super) fn list(&mut self) -> Result<Statement, SqlError> {
        let location = self.location()?;
        Ok(Statement::List { location, pattern: self.pattern()? })
    }

    pub(super) fn remove(&mut self) -> Result<Statement, SqlError> {
        let location = self.location()?;
        Ok(Statement::Remove { location, pattern: self.pattern()? })
    }

    pub(super) fn put(&mut self) -> Result<Statement, SqlError> {
        let file = self.file()?;
        let location = self.location()?;
        let options = property::list(self, PUT_OPTIONS)?;
        Ok(Statement::Put(Transfer { file, location, options }))
    }

    pub(super) fn get(&mut self) -> Result<Statement, SqlError> {
        let location = self.location()?;
        let file = self.file()?;
        let options = property::list(self, GET_OPTIONS)?;
        Ok(Statement::Get(Transfer { file, location, options }))
    }
}

const PUT_OPTIONS: &[Property] = &[
    Property::new("PARALLEL", Shape::Number),
    Property::new("AUTO_COMPRESS", Shape::Boolean),
    Property::new(
        "SOURCE_COMPRESSION",
        Shape::Word(&[
            "AUTO_DETECT",
            "GZIP",
            "BZ2",
            "BROTLI",
            "ZSTD",
            "DEFLATE",
            "RAW_DEFLATE",
            "NONE",
        ]),
    ),
    Property::new("OVERWRITE", Shape::Boolean),
];
const GET_OPTIONS: &[Property] =
    &[Property::new("PARALLEL", Shape::Number), Property::new("PATTERN", Shape::Text)];
