//! What a step or a statement changes.

use serde::Serialize;

use crate::plan::PlannedStatement;

/// What a step or a statement does to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Creates an object, a grant or an image.
    Create,
    /// Changes an existing object.
    Alter,
    /// Pushes an image to the repository.
    Push,
    /// Puts a file on a stage.
    Put,
    /// Sends a statement of another kind, such as USE ROLE.
    Run,
    /// Waits until something is ready.
    Wait,
    /// Nothing is sent.
    Unchanged,
    Drop,
}

impl Change {
    /// The combined change of several statements: unchanged if all others only change the session.
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

    /// The sign at the start of a line of the plan.
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

    /// The word after the sign.
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
