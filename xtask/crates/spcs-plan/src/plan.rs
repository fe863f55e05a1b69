//! A plan: steps as data, each with its reason and the steps it waits for.

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

/// Everything one run does, in an order that respects every `needs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The name of the target in `spcs.toml`.
    pub target: String,
    /// The steps; a step comes after those it needs.
    pub steps: Vec<Step>,
}

/// One step of a plan. Steps without a path of `needs` between them may run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// The steps that must have ended well before this one starts.
    pub needs: Vec<StepId>,
    /// What happens.
    pub change: Change,
    /// What it happens to.
    pub subject: Subject,
    /// Why it happens, or why not.
    pub reason: Reason,
    /// What to do.
    pub action: Action,
}

impl Plan {
    /// The plan that is left when only some steps are wanted, as the single phases want.
    /// What a step needed of the steps left out is taken to be there.
    pub fn select(&self, wanted: impl Fn(&Step) -> bool) -> Plan {
        let mut steps: Vec<Step> = self.steps.iter().filter(|s| wanted(s)).cloned().collect();
        let kept: Vec<StepId> = steps.iter().map(|s| s.id.clone()).collect();
        for step in &mut steps {
            step.needs.retain(|id| kept.contains(id));
        }
        Plan { target: self.target.clone(), steps }
    }

    /// Whether a statement that is to be sent holds a secret's marker.
    pub fn sends_secret(&self) -> bool {
        let sends =
            |s: &PlannedStatement| s.change != Change::Unchanged && secret::has_marker(&s.text);
        self.steps.iter().any(|step| match &step.action {
            Action::Sql { statements, .. } => statements.iter().any(sends),
            _ => false,
        })
    }
}
