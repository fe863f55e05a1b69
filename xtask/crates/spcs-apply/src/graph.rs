//! Runs steps as soon as what they need is done, a few at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
pub use tokio_util::sync::CancellationToken;

/// A piece of work with an id. It starts when every step in `needs` has succeeded.
pub struct Step<Id, T, E> {
    /// The id by which others need it.
    pub id: Id,
    /// The steps that come first.
    pub needs: Vec<Id>,
    /// Whether it takes one of the slots, which limit how much runs at once.
    pub load: Load,
    /// The work itself; polled on a task of its own.
    pub work: BoxFuture<'static, Result<T, E>>,
}

/// What a step costs while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// It works, and takes a slot.
    Work,
    /// It only waits for something elsewhere; it takes no slot, so that others can work.
    Wait,
}

/// What happened to the steps, in the order in which they ended.
#[derive(Debug)]
pub struct Report<Id, T, E> {
    /// The steps that ran, whether they succeeded or failed.
    pub ended: Vec<Ended<Id, T, E>>,
    /// The steps that were not started, because a step failed or the run was cancelled.
    pub not_started: Vec<Id>,
    /// Whether steps were left out because the run was cancelled.
    pub cancelled: bool,
}

/// A step that ran.
#[derive(Debug)]
pub struct Ended<Id, T, E> {
    /// Its id.
    pub id: Id,
    /// When it started, from the start of the run.
    pub started: Duration,
    /// How long it ran.
    pub took: Duration,
    /// Its result.
    pub result: Result<T, E>,
}

/// What the caller is told while the graph runs.
pub enum Event<'a, Id, T, E> {
    /// A step has been started.
    Started(&'a Id),
    /// A step has ended.
    Ended(&'a Ended<Id, T, E>),
}

/// Why the steps cannot be ordered.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// A step needs one that does not exist.
    #[error("step `{step}` needs `{need}`, which is not a step")]
    UnknownNeed {
        /// The step.
        step: String,
        /// The name that it needs.
        need: String,
    },
    /// Two steps have one id.
    #[error("two steps are called `{0}`")]
    Duplicate(String),
    /// Steps need each other.
    #[error("steps need each other in a circle: {0}")]
    Cycle(String),
}

/// Runs the steps with at most `slots` of them working at once. After the first error, or once
/// `cancel` is cancelled, no new step starts; steps that run may finish, and every error is reported.
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
    // Who cancels a run that has nothing left to start changes nothing about it.
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
