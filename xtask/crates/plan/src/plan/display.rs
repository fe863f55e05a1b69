//! A plan as text for people: one line for each thing, and the counts.

use std::fmt;

use crate::plan::{Action, Change, Plan, PlannedStatement};

impl Change {
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

impl PlannedStatement {
    /// Whether it says only who runs the statements after it.
    pub fn changes_session_only(&self) -> bool {
        self.summary.starts_with("session ")
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let Action::Sql { file, statements, .. } = &step.action else {
                line(f, step.change, &step.subject, "", &step.reason)?;
                continue;
            };
            for statement in statements.iter().filter(|s| !s.changes_session_only()) {
                let place = format!("{file}:{}", statement.line);
                line(f, statement.change, &statement.summary, &place, &statement.reason)?;
            }
        }
        write!(f, "Plan for {}: {}", self.target, self.summary())
    }
}

fn line(
    f: &mut fmt::Formatter<'_>,
    change: Change,
    subject: &str,
    place: &str,
    reason: &str,
) -> fmt::Result {
    let (sign, word) = (change.sign(), change.word());
    let text = format!("{sign} {word:<9} {subject:<58} {place:<38} {reason}");
    writeln!(f, "{}", text.trim_end())
}
