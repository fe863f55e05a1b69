//! Carries out a plan: runs its steps as a graph, with one match over the actions.

mod error;
mod images;
mod outcome;
mod services;
mod sessions;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spcs_plan::{Action, Change, Desired, Observed, Plan, Project, RenderedSpec, StepId};

use crate::account::Connection;
use crate::build::{BuildState, BuiltImage};
use crate::engine::{Engine, EngineChoice};
use crate::error::Kind;
use crate::graph::{self, CancellationToken, Load};
use crate::observe::Endpoint;
use crate::progress::Progress;
use crate::secret::Secrets;
use crate::wait::{self, Subject};

pub use error::Error;
pub use images::{planned, ready_to_build, requests, states};
pub use outcome::{Outcome, StepOutcome};
pub use sessions::Sessions;

/// The number of steps that run at once. Builds and pushes are limited by the CPU.
const SLOTS: usize = 4;

/// Receives events while a plan is carried out.
pub trait Watcher: Progress + 'static {
    /// A step has started.
    fn started(&self, _step: &spcs_plan::Step) {}
    /// The state of a step's wait has changed.
    fn state(&self, _step: &spcs_plan::Step, _state: &str) {}
    /// A step has ended with a change, or with an error, which is also reported at the end.
    fn ended(&self, _step: &spcs_plan::Step, _result: Result<Change, &Error>, _took: Duration) {}
}

/// The inputs that the steps of a plan share.
pub struct Run {
    pub project: Project,
    /// The desired state of the target.
    pub desired: Desired,
    /// Which images are up to date, by key.
    pub images: BTreeMap<String, BuildState>,
    pub target: String,
    /// The project's directory.
    pub root: PathBuf,
    /// The directory for images, logs and settings: `target/spcs`.
    pub work_dir: PathBuf,
    /// The connection to the target; a plan that only builds needs none.
    pub connection: Option<Connection>,
    /// The values of the markers in the statements.
    pub secrets: Secrets,
    /// Called after each step that has sent a secret. The run itself may still fail.
    pub secret_sent: Arc<dyn Fn() + Send + Sync>,
    /// The engine to build with; it is detected when it is first needed.
    pub engine: EngineChoice,
    /// The time limit of each wait.
    pub timeout: Duration,
    pub cancel: CancellationToken,
    pub watcher: Arc<dyn Watcher>,
}

/// A run and the results of its steps so far.
struct RunState {
    run: Run,
    observed: Observed,
    sessions: Sessions,
    /// Cancels every wait, when the run is cancelled or a step has failed.
    waits: CancellationToken,
    engine: tokio::sync::OnceCell<Engine>,
    built: Mutex<BTreeMap<String, BuiltImage>>,
    /// The specs of services whose images this run has built.
    rendered: Mutex<BTreeMap<String, RenderedSpec>>,
    endpoints: Mutex<BTreeMap<String, Vec<Endpoint>>>,
}

/// Carries out every step of a plan.
pub async fn execute(run: Run, plan: &Plan, observed: Observed) -> Result<Outcome, Error> {
    let (cancel, watcher) = (run.cancel.clone(), Arc::clone(&run.watcher));
    let secret_sent = Arc::clone(&run.secret_sent);
    let waits = cancel.child_token();
    let shared = Arc::new(RunState {
        sessions: Sessions::of(run.connection.clone()),
        waits: waits.clone(),
        run,
        observed,
        engine: tokio::sync::OnceCell::new(),
        built: Mutex::default(),
        rendered: Mutex::default(),
        endpoints: Mutex::default(),
    });
    let steps = plan.steps.iter().map(|step| graph::Step {
        id: step.id.clone(),
        needs: step.needs.clone(),
        load: load(&step.action),
        work: Box::pin(carry_out(Arc::clone(&shared), step.clone())),
    });
    let find = |id: &StepId| plan.steps.iter().find(|step| step.id == *id);
    let report = graph::run(steps.collect(), SLOTS, &cancel, |event| match event {
        graph::Event::Started(id) => {
            if let Some(step) = find(id) {
                watcher.started(step);
            }
        }
        graph::Event::Ended(ended) => {
            // The subject of a wait may depend on the failed step and never become ready. Cancel
            // the waits, so that the error is reported now.
            if ended.result.is_err() {
                waits.cancel();
            }
            if let Some(step) = find(&ended.id) {
                if ended.result.is_ok() && step.sends_secret() {
                    secret_sent();
                }
                watcher.ended(step, ended.result.as_ref().copied(), ended.took);
            }
        }
    })
    .await?;
    let endpoints = std::mem::take(&mut *lock(&shared.endpoints));
    let opened = shared.run.desired.opened.as_ref();
    let opened = opened.and_then(|wanted| {
        endpoints.get(&wanted.service)?.iter().find(|found| found.name == wanted.endpoint).cloned()
    });
    let mut failures = Vec::new();
    let mut steps = Vec::new();
    let mut interrupted = report.cancelled;
    for ended in report.ended {
        let Some(step) = find(&ended.id) else { continue };
        let (id, subject) = (ended.id, step.subject.clone());
        let (started, took) = (ended.started, ended.took);
        match ended.result {
            Ok(change) => steps.push(StepOutcome { id, subject, change, started, took }),
            // The user cancelled the wait, or another step failed, which has its own error.
            Err(error) if error.kind() == Kind::Interrupted => {
                interrupted |= cancel.is_cancelled();
            }
            Err(error) => failures.push(error),
        }
    }
    // The watcher has already reported the failures.
    if interrupted {
        return Err(Error::Interrupted);
    }
    if !failures.is_empty() {
        return Err(Error::Steps { failures, not_started: report.not_started.len() });
    }
    Ok(Outcome { steps, endpoints, opened })
}

fn load(action: &Action) -> Load {
    match action {
        Action::WaitPool { .. } | Action::WaitService { .. } | Action::WaitEndpoints { .. } => {
            Load::Wait
        }
        _ => Load::Work,
    }
}

/// Carries out the action of a step.
async fn carry_out(shared: Arc<RunState>, step: spcs_plan::Step) -> Result<Change, Error> {
    match &step.action {
        Action::Build { image } => shared.build(image).await,
        Action::Push { image } => shared.push(image, &step).await,
        Action::Sql { file, statements, .. } => shared.run_statements(file, statements).await,
        Action::Put { .. } | Action::Service { .. } if step.change == Change::Unchanged => {
            Ok(Change::Unchanged)
        }
        Action::Put { service, stage, spec } => shared.put(service, stage, spec).await,
        Action::Service { service, file, statements } => {
            shared.service(service, file, statements).await
        }
        Action::WaitPool { name, .. } => {
            shared.wait(&step, Subject::Pool(name)).await?;
            Ok(Change::Unchanged)
        }
        Action::WaitService { service, name } => {
            let subject = Subject::Service(wait::Service { name, key: service });
            shared.wait(&step, subject).await?;
            Ok(Change::Unchanged)
        }
        Action::WaitEndpoints { service, name } => {
            let found = shared.wait(&step, Subject::Endpoints(name)).await?;
            lock(&shared.endpoints).insert(service.clone(), found);
            Ok(Change::Unchanged)
        }
    }
}

impl RunState {
    /// Waits, using a separate session with a role that can see every object.
    async fn wait(
        &self,
        step: &spcs_plan::Step,
        subject: Subject<'_>,
    ) -> Result<Vec<Endpoint>, Error> {
        let session = self.sessions.observer(&self.run.project).await?;
        let status = |state: &str| self.run.watcher.state(step, state);
        let (limit, cancel) = (self.run.timeout, &self.waits);
        let watch = wait::Watch { limit, cancel, status: &status };
        let result = wait::until_ready(&session, subject, &watch).await;
        self.sessions.give_back(session);
        Ok(result?)
    }
}

/// Locks a mutex and ignores poisoning: no change leaves a value in an inconsistent state.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
