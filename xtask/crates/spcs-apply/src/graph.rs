//! Runs steps concurrently, each as soon as its dependencies have succeeded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
pub use tokio_util::sync::CancellationToken;

/// A unit of work. It starts when every step in `needs` has succeeded.
pub struct Step<Id, T, E> {
    /// The id that other steps refer to.
    pub id: Id,
    /// The ids of the steps that it depends on.
    pub needs: Vec<Id>,
    /// Whether the step takes one of the slots that limit concurrency.
    pub load: Load,
    /// The work, which runs as a separate task.
    pub work: BoxFuture<'static, Result<T, E>>,
}

/// The load that a step causes while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// It does work and takes a slot.
    Work,
    /// It only waits for an external event and takes no slot.
    Wait,
}

/// The results of the steps.
#[derive(Debug)]
pub struct Report<Id, T, E> {
    /// The steps that ran, in the order in which they ended.
    pub ended: Vec<Ended<Id, T, E>>,
    /// The steps that were not started, because a step failed or the run was cancelled.
    pub not_started: Vec<Id>,
    /// Whether steps were skipped because the run was cancelled.
    pub cancelled: bool,
}

/// A step that ran.
#[derive(Debug)]
pub struct Ended<Id, T, E> {
    pub id: Id,
    /// The start time, relative to the start of the run.
    pub started: Duration,
    pub took: Duration,
    pub result: Result<T, E>,
}

/// An event while the graph runs.
pub enum Event<'a, Id, T, E> {
    Started(&'a Id),
    Ended(&'a Ended<Id, T, E>),
}

/// Why the steps cannot be ordered.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// A step depends on one that does not exist.
    #[error("step `{step}` needs `{need}`, which is not a step")]
    UnknownNeed { step: String, need: String },
    /// Two steps have the same id.
    #[error("two steps are called `{0}`")]
    Duplicate(String),
    /// The dependencies contain a cycle.
    #[error("the dependencies of the steps form a cycle: {0}")]
    Cycle(String),
}

/// Runs the steps, at most `slots` of those with [`Load::Work`] at once. After the first error or
/// cancellation no new step starts; running steps finish, and every error is reported.
pub async fn run<Id, T, E>(
    steps: Vec<Step<Id, T, E>>,
    slots: usize,
    cancel: &CancellationToken,
    mut observe: impl FnMut(Event<'_, Id, T, E>),
) -> Result<Report<Id, T, E>, GraphError>
where
    Id: Ord + Clone + Display + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    check(&steps)?;
    let begun = Instant::now();
    let mut waiting = steps;
    let mut running = JoinSet::new();
    let mut busy = 0;
    let mut succeeded = BTreeSet::new();
    let mut report = Report { ended: Vec::new(), not_started: Vec::new(), cancelled: false };
    let mut stopping = false;
    loop {
        let mut index = 0;
        while !stopping && !cancel.is_cancelled() && index < waiting.len() {
            let step = &waiting[index];
            let ready = step.needs.iter().all(|need| succeeded.contains(need));
            if !ready || (step.load == Load::Work && busy >= slots.max(1)) {
                index += 1;
                continue;
            }
            let step = waiting.remove(index);
            if step.load == Load::Work {
                busy += 1;
            }
            observe(Event::Started(&step.id));
            running.spawn(async move {
                let started = begun.elapsed();
                let result = step.work.await;
                let took = begun.elapsed().saturating_sub(started);
                (step.load, Ended { id: step.id, started, took, result })
            });
        }
        let (load, ended) = match running.join_next().await {
            None => break,
            Some(Ok(ended)) => ended,
            Some(Err(failure)) => std::panic::resume_unwind(failure.into_panic()),
        };
        if load == Load::Work {
            busy -= 1;
        }
        observe(Event::Ended(&ended));
        match ended.result {
            Ok(_) => drop(succeeded.insert(ended.id.clone())),
            Err(_) => stopping = true,
        }
        report.ended.push(ended);
    }
    // Cancelling a run that has started all of its steps has no effect.
    report.cancelled = cancel.is_cancelled() && !waiting.is_empty();
    report.not_started = waiting.into_iter().map(|step| step.id).collect();
    Ok(report)
}

fn check<Id: Ord + Display, T, E>(steps: &[Step<Id, T, E>]) -> Result<(), GraphError> {
    let mut needs = BTreeMap::new();
    for step in steps {
        if needs.insert(&step.id, &step.needs).is_some() {
            return Err(GraphError::Duplicate(step.id.to_string()));
        }
    }
    for step in steps {
        if let Some(need) = step.needs.iter().find(|need| !needs.contains_key(need)) {
            let (step, need) = (step.id.to_string(), need.to_string());
            return Err(GraphError::UnknownNeed { step, need });
        }
    }
    let mut placed: BTreeSet<&Id> = BTreeSet::new();
    while placed.len() < needs.len() {
        let before = placed.len();
        for (id, needs) in &needs {
            if needs.iter().all(|need| placed.contains(need)) {
                placed.insert(id);
            }
        }
        if placed.len() == before {
            let stuck: Vec<_> = needs.keys().filter(|id| !placed.contains(*id)).collect();
            let ids = stuck.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>();
            return Err(GraphError::Cycle(ids.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
