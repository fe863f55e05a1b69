//! What a step or a statement changes.

use serde::Serialize;

use crate::plan::PlannedStatement;

/// What a step or a statement does to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Something that does not exist is made: an object, a grant, an image.
    Create,
    /// Something that exists is changed.
    Alter,
    /// An image goes to the repository.
    Push,
    /// A file goes to a stage.
    Put,
    /// A statement that is neither of these and is always sent, such as USE ROLE.
    Run,
    /// Nothing is changed until something is ready.
    Wait,
    /// It is as wanted; nothing is sent.
    Unchanged,
    /// Something is removed.
    Drop,
}

impl Change {
    /// What these statements change together: nothing, if all that is left only changes the session.
    pub fn of(statements: &[PlannedStatement]) -> Change {
        let acts =
            |s: &&PlannedStatement| s.change != Change::Unchanged && !s.changes_session_only();
        let mut changes = statements.iter().filter(acts).map(|statement| statement.change);
        match changes.next() {
            None => Change::Unchanged,
            Some(first) if changes.all(|change| change == first) => first,
            Some(_) => Change::Alter,
        }
    }

    /// The sign in front of a line.
    pub fn sign(self) -> char {
        match self {
            Self::Create | Self::Push | Self::Put => '+',
            Self::Alter => '~',
            Self::Run => '>',
            Self::Wait => '.',
            Self::Unchanged => '=',
            Self::Drop => '-',
        }
    }

    /// The word after it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Push => "push",
            Self::Put => "put",
            Self::Run => "run",
            Self::Wait => "wait",
            Self::Unchanged => "unchanged",
            Self::Drop => "drop",
        }
    }
}
