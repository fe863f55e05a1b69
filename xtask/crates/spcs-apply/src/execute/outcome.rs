//! What a run did.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use spcs_plan::{Change, StepId, Subject};

use crate::observe::Endpoint;

/// What a successful run did.
#[derive(Debug)]
pub struct Outcome {
    /// The steps, in the order in which they ended.
    pub steps: Vec<StepOutcome>,
    /// The endpoints that were waited for, by the service's key.
    pub endpoints: BTreeMap<String, Vec<Endpoint>>,
    /// Which of them `spcs.toml` says to open.
    pub opened: Option<Endpoint>,
}

/// A step that succeeded.
#[derive(Debug, Serialize)]
pub struct StepOutcome {
    /// Its id in the plan.
    pub id: StepId,
    /// What it was about.
    pub subject: Subject,
    /// What it really changed.
    pub change: Change,
    /// When it started, counted from the start of the run.
    #[serde(rename = "started_ms", serialize_with = "milliseconds")]
    pub started: Duration,
    /// How long it took.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Duration,
}

impl Outcome {
    /// The steps that changed something.
    pub fn changes(&self) -> impl Iterator<Item = &StepOutcome> {
        self.steps.iter().filter(|step| !matches!(step.change, Change::Unchanged | Change::Wait))
    }
}

fn milliseconds<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
