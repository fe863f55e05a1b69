//! What is wrong with the project's files, and where.

use std::fmt;

/// The part of the project an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A file or folder could not be read.
    Read,
    /// `spcs.toml`.
    Config,
    /// A `<% name %>` in a template.
    Template,
    /// A file below `sql/`.
    Sql,
    /// A file below `specs/`.
    Spec,
    /// An image that is asked for is not there.
    Image,
}

/// A mistake in the project: what was being done, where it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    file: Option<String>,
    line: Option<usize>,
    message: String,
    hint: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, file: None, line: None, message: message.into(), hint: None }
    }

    pub(crate) fn at(mut self, file: impl Into<String>, line: impl Into<Option<usize>>) -> Self {
        self.file = Some(file.into());
        self.line = line.into();
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The part of the project that is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The file, relative to the project's root.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line in [`Self::file`], from 1.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// `file:line: message`, without the hint.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: {}", self.message),
            (Some(file), None) => write!(f, "{file}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}
