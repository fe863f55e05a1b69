//! A rendered SQL file: its header, and its statements with their effects.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sql::{Effect, ObjectKind, effect, split};

/// A rendered file of `sql/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlFile {
    /// The folder below `sql/`.
    pub set: String,
    /// `sql/<set>/<name>`.
    pub path: String,
    /// What it is for: its first line.
    pub purpose: String,
    /// The role that runs it: its second line.
    pub role: String,
    /// The condition under which it belongs to the deployment: its third line, if there is one.
    pub when: Option<String>,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its first line in the file, from 1.
    pub line: usize,
    /// Its text without the semicolon, secrets as markers.
    pub text: String,
    /// What it does.
    pub effect: Effect,
}

impl SqlFile {
    /// Takes a rendered file apart.
    pub(crate) fn parse(path: &str, text: &str) -> Result<SqlFile, Error> {
        let header = Header::parse(path, text)?;
        let mut statements = Vec::new();
        for raw in split(path, text)? {
            let effect = effect::of(&raw).map_err(|m| wrong(path, raw.line, m))?;
            statements.push(Statement { line: raw.line, text: raw.text, effect });
        }
        let uses = matches!(statements.first(), Some(Statement { effect: Effect::Use { what }, .. })
            if *what == format!("ROLE {}", header.role));
        if !uses {
            let message = format!(
                "the first statement must be `USE ROLE {}`, as the header's role says",
                header.role
            );
            return Err(wrong(path, statements.first().map_or(2, |s| s.line), message));
        }
        let set = path.split('/').nth(1).unwrap_or_default().to_owned();
        Ok(SqlFile {
            set,
            path: path.to_owned(),
            purpose: header.purpose,
            role: header.role,
            when: header.when,
            statements,
        })
    }

    /// Whether it creates an object: what it sets afterwards needs no setting then.
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

struct Header {
    purpose: String,
    role: String,
    when: Option<String>,
}

impl Header {
    fn parse(path: &str, text: &str) -> Result<Header, Error> {
        let mut lines = text.lines();
        let purpose = lines.next().and_then(|line| line.strip_prefix("-- "));
        let purpose = purpose.filter(|text| !text.starts_with("role:")).ok_or_else(|| {
            wrong(path, 1, "the first line must be a comment that says what the file is for")
        })?;
        let role =
            lines.next().and_then(|line| line.strip_prefix("-- role: ")).ok_or_else(|| {
                wrong(
                    path,
                    2,
                    "the second line must be `-- role: <% … %>`: the role that runs the file",
                )
            })?;
        let when = lines.next().and_then(|line| line.strip_prefix("-- when: "));
        Ok(Header {
            purpose: purpose.to_owned(),
            role: role.trim().to_owned(),
            when: when.map(|condition| condition.trim().to_owned()),
        })
    }
}
