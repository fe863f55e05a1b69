//! A rendered SQL file: its header, and its statements with their effects.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sql::{Condition, Effect, Header, ObjectKind, SqlSet, effect, split};

/// A rendered file of `sql/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlFile {
    /// The folder below `sql/`.
    pub set: SqlSet,
    /// `sql/<set>/<name>`.
    pub path: String,
    /// The key of the service or pool that it is rendered for, if any.
    pub entry: Option<String>,
    /// The purpose of the file, from its first line.
    pub purpose: String,
    /// The role that runs it, from its second line.
    pub role: String,
    pub statements: Vec<Statement>,
}

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its first line in the file, from 1.
    pub line: usize,
    /// Its text without the semicolon, with markers in place of secrets.
    pub text: String,
    pub effect: Effect,
}

impl SqlFile {
    /// Parses a rendered file. `holds` evaluates the conditions of its statements.
    pub(crate) fn parse(
        path: &str,
        text: &str,
        entry: Option<&str>,
        holds: impl Fn(&Condition) -> Result<bool, Error>,
    ) -> Result<SqlFile, Error> {
        let header = Header::parse(path, text)?;
        let mut statements = Vec::new();
        for raw in split(path, text, header.lines)? {
            let Some(raw) = raw.resolve(path, &holds)? else { continue };
            let effect = effect::of(&raw).map_err(|m| wrong(path, raw.line, m))?;
            statements.push(Statement { line: raw.line, text: raw.text, effect });
        }
        let uses = matches!(statements.first(), Some(Statement { effect: Effect::Use { what }, .. })
            if *what == format!("ROLE {}", header.role));
        if !uses {
            let message = format!(
                "the first statement must be `USE ROLE {}`, the role of the header",
                header.role
            );
            return Err(wrong(path, statements.first().map_or(2, |s| s.line), message));
        }
        let set = SqlSet::named(path.split('/').nth(1).unwrap_or_default());
        Ok(SqlFile {
            set,
            path: path.to_owned(),
            entry: entry.map(str::to_owned),
            purpose: header.purpose,
            role: header.role,
            statements,
        })
    }

    /// Whether it creates an object. Later ALTER statements of the file are then not needed.
    pub(crate) fn creates(&self, kind: ObjectKind, name: &str) -> bool {
        let mut effects = self.statements.iter().map(|statement| &statement.effect);
        effects.any(
            |e| matches!(e, Effect::Create { kind: k, name: n, .. } if *k == kind && n == name),
        )
    }

    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

fn wrong(path: &str, line: usize, message: impl Into<String>) -> Error {
    Error::new(message).at(path, line)
}
