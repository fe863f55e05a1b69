//! Parses CREATE, ALTER and DROP.

use super::{Change, Create, CreateMode, Statement};
use crate::kind::{Creation, DropWord, Kind, Verb};
use crate::sql::property::{self, Property, When};
use crate::sql::{Parser, SqlError, TokenKind, Value};

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
            (true, _) => kind.facts().creation != Creation::Plain,
            (_, true) => kind.facts().creation == Creation::ReplaceOrAlter,
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
        let properties = property::list(self, kind.facts().properties)?;
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
        let facts = kind.facts();
        if let Some((_, verb)) = facts.verbs.iter().find(|(words, _)| self.phrase(words)) {
            return match verb {
                Verb::Specification => Ok(Change::Specification(self.specification()?)),
                verb => Ok(Change::Act(*verb)),
            };
        }
        let changeable = facts.properties.iter().filter(|known| known.when == When::Always);
        let changeable: Vec<Property> = changeable.copied().collect();
        if self.words(&["SET"]) {
            let properties = property::list(self, &changeable)?;
            if properties.is_empty() {
                return Err(self.unexpected());
            }
            return Ok(Change::Set(properties));
        }
        self.expect(&["UNSET"])?;
        let mut names = Vec::new();
        loop {
            let mut known = changeable.iter().map(|known| known.name);
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
        let kinds = self.kinds()?;
        let if_exists = self.if_exists();
        let name = self.name()?;
        let force = match kinds[0].facts().drop_word {
            Some(DropWord::Force) => self.words(&["FORCE"]),
            Some(DropWord::Cascade) => {
                self.words(&["CASCADE"]);
                false
            }
            None => false,
        };
        Ok(Statement::Drop { kinds, name, if_exists, force })
    }
}
