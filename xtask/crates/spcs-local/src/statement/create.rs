//! CREATE, ALTER and DROP.

use super::{Change, Create, CreateMode, Statement};
use crate::kind::Kind;
use crate::sql::{Parser, SqlError, TokenKind, Value, property};

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<Statement, SqlError> {
        let mark = self.mark();
        let or_replace = self.words(&["OR", "REPLACE"]);
        let or_alter = !or_replace && self.words(&["OR", "ALTER"]);
        for modifier in ["TRANSIENT", "TEMPORARY", "TEMP"] {
            if self.words(&[modifier]) {
                return Err(SqlError::unsupported(modifier));
            }
        }
        let kind = self.kind()?;
        let allowed = match (or_replace, or_alter) {
            (true, _) => kind.replaceable(),
            (_, true) => kind.create_or_alter(),
            _ => true,
        };
        if !allowed {
            self.back_to(mark);
            return Err(self.unexpected());
        }
        if kind == Kind::Service {
            return self.create_service();
        }
        let if_not_exists = self.words(&["IF", "NOT", "EXISTS"]);
        let mode = match (or_replace, or_alter, if_not_exists) {
            (false, false, false) => CreateMode::Plain,
            (true, false, false) => CreateMode::OrReplace,
            (false, true, false) => CreateMode::OrAlter,
            (false, false, true) => CreateMode::IfNotExists,
            _ => return Err(self.unexpected_before()),
        };
        let name = self.name()?;
        self.words(&["WITH"]);
        let properties = property::list(self, property::of(kind))?;
        Ok(Statement::Create(Create { kind, mode, name, properties }))
    }

    pub(super) fn alter(&mut self) -> Result<Statement, SqlError> {
        if self.words(&["SESSION"]) {
            return self.alter_session();
        }
        let kind = self.kind()?;
        let if_exists = self.if_exists();
        let name = self.name()?;
        let change = self.change(kind)?;
        Ok(Statement::Alter { kind, name, if_exists, change })
    }

    fn change(&mut self, kind: Kind) -> Result<Change, SqlError> {
        let suspendable = matches!(kind, Kind::Warehouse | Kind::ComputePool | Kind::Service);
        if suspendable && self.words(&["SUSPEND"]) {
            return Ok(Change::Suspend);
        }
        if suspendable && self.words(&["RESUME"]) {
            if kind == Kind::Warehouse {
                self.words(&["IF", "SUSPENDED"]);
            }
            return Ok(Change::Resume);
        }
        if kind == Kind::ComputePool && self.words(&["STOP", "ALL"]) {
            return Ok(Change::StopAll);
        }
        if kind == Kind::Stage && self.words(&["REFRESH"]) {
            return Ok(Change::Refresh);
        }
        if kind == Kind::Service && self.words(&["FROM"]) {
            return Ok(Change::Specification(self.specification()?));
        }
        if self.words(&["SET"]) {
            let properties = property::list(self, &property::changeable(kind))?;
            if properties.is_empty() {
                return Err(self.unexpected());
            }
            return Ok(Change::Set(properties));
        }
        self.expect(&["UNSET"])?;
        let mut names = Vec::new();
        loop {
            let mut known = property::changeable(kind).into_iter().map(|known| known.name);
            let Some(found) = known.find(|name| self.words(&[name])) else {
                return Err(self.unexpected());
            };
            names.push(found.to_owned());
            if !self.symbol(",") {
                return Ok(Change::Unset(names));
            }
        }
    }

    fn alter_session(&mut self) -> Result<Statement, SqlError> {
        if self.words(&["UNSET"]) {
            let mut names = vec![self.word()?];
            while self.symbol(",") {
                names.push(self.word()?);
            }
            return Ok(Statement::AlterSession(Change::Unset(names)));
        }
        self.expect(&["SET"])?;
        let mut properties = Vec::new();
        let mut after_comma = false;
        while after_comma || !self.at_end() {
            let name = self.word()?;
            self.expect_symbol("=")?;
            let value = match self.peek().kind.clone() {
                TokenKind::Text(text) => Value::Text(text),
                TokenKind::Word(word) if word == "TRUE" || word == "FALSE" => {
                    Value::Boolean(word == "TRUE")
                }
                TokenKind::Word(word) => Value::Word(word),
                TokenKind::Number(number) => {
                    number.parse().map(Value::Number).map_err(|_| self.unexpected())?
                }
                _ => return Err(self.unexpected()),
            };
            self.advance();
            after_comma = self.symbol(",");
            properties.push((name, value));
        }
        if properties.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Statement::AlterSession(Change::Set(properties)))
    }

    pub(super) fn drop(&mut self) -> Result<Statement, SqlError> {
        let kinds = if self.words(&["INTEGRATION"]) {
            vec![Kind::ExternalAccessIntegration, Kind::SecurityIntegration]
        } else {
            vec![self.kind()?]
        };
        let if_exists = self.if_exists();
        let name = self.name()?;
        let force = match kinds[0] {
            Kind::Service => self.words(&["FORCE"]),
            Kind::Database | Kind::Schema => {
                let _ = self.words(&["CASCADE"]);
                false
            }
            _ => false,
        };
        Ok(Statement::Drop { kinds, name, if_exists, force })
    }
}
