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

    /// Whether a plan for people names it: not if it changes the session only, or sets what is set.
    pub(super) fn is_shown(&self) -> bool {
        let sets_nothing =
            self.change == Change::Unchanged && self.summary.starts_with("settings of ");
        !self.changes_session_only() && !sets_nothing
    }
}

/// Reasons that say no more than the sign and the place do.
const IMPLIED: [&str; 6] =
    ["not there", "not granted", "is there", "is granted", "its settings differ", OWN];
const OWN: &str = "of this deployment";

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<(Change, &str, String)> = Vec::new();
        for step in &self.steps {
            if let Action::Sql { file, statements, .. } = &step.action {
                for statement in statements.iter().filter(|statement| statement.is_shown()) {
                    let place = format!("{file}:{}", statement.line);
                    let why = match statement.reason.as_str() {
                        reason if IMPLIED.contains(&reason) => place,
                        reason => format!("{place}, {reason}"),
                    };
                    lines.push((statement.change, &statement.summary, why));
                }
            } else {
                lines.push((step.change, &step.subject, step.reason.clone()));
            }
        }
        let width = lines.iter().map(|(_, subject, _)| subject.chars().count()).max().unwrap_or(0);
        for (change, subject, why) in &lines {
            let (sign, word) = (change.sign(), change.word());
            let text = format!("{sign} {word:<9} {subject:<width$}  {why}");
            writeln!(f, "{}", text.trim_end())?;
        }
        write!(f, "Plan for {}: {}", self.target, self.summary())
    }
}
