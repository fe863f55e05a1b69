//! Counting what a plan does.

use std::fmt;

use crate::plan::{Action, Change, Plan};

/// How many things a plan makes, changes, sends, removes and leaves alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    /// Objects, grants, images and services to be made.
    create: usize,
    /// Things to be changed.
    alter: usize,
    /// Images to be pushed.
    push: usize,
    /// Specs to be put on the stage.
    put: usize,
    /// Statements that always run, without those that only change the session.
    run: usize,
    /// Things to be removed.
    drop: usize,
    /// Things that are as wanted.
    unchanged: usize,
}

impl Plan {
    /// Counts the statements of SQL steps and the other steps; waits do not count.
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
