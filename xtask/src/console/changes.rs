//! The changes that a run made, as data.

use anyhow::Result;
use serde_json::json;
use spcs_apply::execute::Outcome;

use super::{Console, Table};

impl Console {
    /// Writes the steps that made a change.
    pub(crate) fn changes(&self, outcome: &Outcome) -> Result<()> {
        let changes: Vec<_> = outcome.changes().collect();
        let mut table = Table::new(&["step", "change"]);
        for step in &changes {
            table.row([&step.id.to_string(), step.change.word()]);
        }
        let text = if changes.is_empty() { String::new() } else { table.render() };
        self.data(&json!({"changes": changes, "timings": outcome.steps}), text)
    }
}
