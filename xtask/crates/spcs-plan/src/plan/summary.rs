//! The summary of a plan: how many changes of each kind.

use std::fmt;

use crate::plan::{Action, Change, Plan};

/// The number of changes of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    create: usize,
    alter: usize,
    push: usize,
    put: usize,
    /// Not counting statements that only change the session.
    run: usize,
    drop: usize,
    unchanged: usize,
}

impl Plan {
    /// Counts each statement of SQL steps and each other step, except waits.
    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for step in &self.steps {
            match &step.action {
                Action::Sql { statements, .. } => {
                    let shown = statements.iter().filter(|s| s.is_shown());
                    shown.for_each(|statement| summary.count(statement.change));
                }
                _ => summary.count(step.change),
            }
        }
        summary
    }
}

impl Summary {
    fn count(&mut self, change: Change) {
        match change {
            Change::Create => self.create += 1,
            Change::Alter => self.alter += 1,
            Change::Push => self.push += 1,
            Change::Put => self.put += 1,
            Change::Run => self.run += 1,
            Change::Drop => self.drop += 1,
            Change::Unchanged => self.unchanged += 1,
            Change::Wait => {}
        }
    }
}

/// `3 to create, 1 to push, 12 unchanged`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.create, "to create"),
            (self.alter, "to alter"),
            (self.push, "to push"),
            (self.put, "to put"),
            (self.run, "to run"),
            (self.drop, "to drop"),
            (self.unchanged, "unchanged"),
        ];
        let parts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if parts.is_empty() { f.write_str("nothing to do") } else { f.write_str(&parts.join(", ")) }
    }
}
