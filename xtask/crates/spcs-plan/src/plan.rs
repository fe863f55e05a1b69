//! A plan: steps as data, each with its reason and its dependencies.

mod action;
mod change;
mod display;
mod file;
mod id;
mod reason;
mod statement;
mod subject;
mod summary;

use serde::Serialize;

use crate::secret;

pub use action::{Action, Planned};
pub use change::Change;
pub(crate) use file::planned_statements;
pub use id::StepId;
pub use reason::{Kept, Reason};
pub use statement::PlannedStatement;
pub use subject::Subject;

/// The steps of one run, in dependency order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The name of the target in `spcs.toml`.
    pub target: String,
    /// The steps, each after the steps it needs.
    pub steps: Vec<Step>,
}

/// One step of a plan. Steps that do not depend on each other may run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub id: StepId,
    /// The steps that must have succeeded before this one starts.
    pub needs: Vec<StepId>,
    pub change: Change,
    pub subject: Subject,
    /// Why the step changes something, or why it does not.
    pub reason: Reason,
    pub action: Action,
}

impl Plan {
    /// The plan reduced to some of its steps, for commands that run a single phase.
    /// Dependencies on the other steps count as satisfied.
    pub fn select(&self, keep: impl Fn(&Step) -> bool) -> Plan {
        let mut steps: Vec<Step> = self.steps.iter().filter(|s| keep(s)).cloned().collect();
        let kept: Vec<StepId> = steps.iter().map(|s| s.id.clone()).collect();
        for step in &mut steps {
            step.needs.retain(|id| kept.contains(id));
        }
        Plan { target: self.target.clone(), steps }
    }

    /// Whether a step sends a secret.
    pub fn sends_secret(&self) -> bool {
        self.steps.iter().any(Step::sends_secret)
    }
}

impl Step {
    /// Whether a statement that will be sent contains a secret marker.
    pub fn sends_secret(&self) -> bool {
        let sends =
            |s: &PlannedStatement| s.change != Change::Unchanged && secret::has_marker(&s.text);
        match &self.action {
            Action::Sql { statements, .. } => statements.iter().any(sends),
            _ => false,
        }
    }
}
