//! The result of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use spcs_plan::{Change, StepId, Subject};

use crate::observe::Endpoint;

/// The result of a successful run.
#[derive(Debug)]
pub struct Outcome {
    /// The steps, in the order in which they ended.
    pub steps: Vec<StepOutcome>,
    /// The endpoints that steps waited for, by service key.
    pub endpoints: BTreeMap<String, Vec<Endpoint>>,
    /// The endpoint that `spcs.toml` selects for opening.
    pub opened: Option<Endpoint>,
}

/// A step that succeeded.
#[derive(Debug, Serialize)]
pub struct StepOutcome {
    pub id: StepId,
    /// The object that the step is about.
    pub subject: Subject,
    /// The actual change, which may differ from the planned one.
    pub change: Change,
    /// The start time, relative to the start of the run.
    #[serde(rename = "started_ms", serialize_with = "milliseconds")]
    pub started: Duration,
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
