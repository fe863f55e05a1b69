//! Services kept as they shall be: one task per service turns a `Deployment` into running
//! instances, watches them, and rolls them to the next one.
//!
//! Commands to one service are serialised by its task, and the newest deployment always wins.
//! Everything the controller needs to know after a restart of the platform is in the labels of
//! the containers, so that a platform that was killed finds them again and leaves them alone.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::runtime::{PullLogin, Runtime, RuntimeError, platform_id};
use crate::service::{Deployment, ServiceObservation};

mod adopt;
mod egress;
mod files;
mod instance;
mod launch;
mod monitor;
mod mounts;
mod names;
mod removal;
mod shared;
mod task;
#[cfg(test)]
mod tests;

use shared::Shared;
use task::{Goal, ServiceTask};

/// Where the controller keeps its files, and whose containers it runs.
#[derive(Debug, Clone)]
pub struct ControllerDirs {
    /// Tokens and logs of previous runs, one directory per service.
    pub services: PathBuf,
    /// The directory of all stages.
    pub stages: PathBuf,
    /// Value of the label on everything that is made.
    pub platform_id: String,
}

impl ControllerDirs {
    /// Below the platform's state directory.
    pub fn new(state_dir: &Path) -> ControllerDirs {
        let platform_id = platform_id(state_dir);
        let stages = state_dir.join("stages");
        ControllerDirs { services: state_dir.join("services"), stages, platform_id }
    }
}

/// How long the controller waits for what. Tests inject shorter times.
#[derive(Debug, Clone, Copy)]
pub struct ControllerTiming {
    /// Between two looks at a service that is not yet as it shall be.
    pub converge: Duration,
    /// Between two looks at one that is.
    pub watch: Duration,
    /// First pause after a failed pull or a crash; it doubles each time.
    pub first_backoff: Duration,
    /// Longest pause.
    pub last_backoff: Duration,
    /// A container that has run this long starts again without a pause.
    pub stable: Duration,
    /// Between SIGTERM and SIGKILL.
    pub stop_grace: Duration,
    /// For the answer to a probe.
    pub probe_timeout: Duration,
}

impl Default for ControllerTiming {
    fn default() -> Self {
        ControllerTiming {
            converge: Duration::from_millis(500),
            watch: Duration::from_secs(3),
            first_backoff: Duration::from_secs(1),
            last_backoff: Duration::from_secs(60),
            stable: Duration::from_secs(60),
            stop_grace: Duration::from_secs(30),
            probe_timeout: Duration::from_secs(1),
        }
    }
}

/// Why there are no logs to show.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogsError {
    /// The service has no such instance at the moment.
    #[error("instance {0} does not exist or is not running")]
    NoInstance(u32),
    /// The instance has no such container.
    #[error("container '{0}' does not exist in the service")]
    NoContainer(String),
    /// The container has not been started yet.
    #[error("container '{0}' has not started yet")]
    NotStarted(String),
    /// It has not been restarted.
    #[error("container '{0}' has no previous run")]
    NoPrevious(String),
    /// The engine does not give them.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Runs all services of a platform. Cheap to clone.
#[derive(Clone)]
pub struct Controller {
    inner: Arc<Inner>,
}

struct Inner {
    context: Arc<Context>,
    services: Mutex<HashMap<String, Handle>>,
}

/// What every service's task works with.
struct Context {
    runtime: Runtime,
    dirs: ControllerDirs,
    login: PullLogin,
    timing: ControllerTiming,
    /// Set when the platform stops.
    stopping: CancellationToken,
}

/// The line to a service's task.
struct Handle {
    goal: watch::Sender<Goal>,
    shared: Arc<Mutex<Shared>>,
    /// Closed when the task has ended; what its last word was.
    ended: watch::Receiver<Result<(), RuntimeError>>,
}

/// A service that is being taken away.
#[must_use]
pub struct Removal {
    controller: Controller,
    key: String,
    ended: watch::Receiver<Result<(), RuntimeError>>,
}

impl Removal {
    /// Ends when its containers and volumes are gone.
    ///
    /// # Errors
    /// When some of them could not be removed.
    pub async fn done(mut self) -> Result<(), RuntimeError> {
        while self.ended.changed().await.is_ok() {}
        let mut services = self.controller.services();
        // A CREATE may have followed meanwhile; its entry stays.
        if services.get(&self.key).is_some_and(|handle| handle.ended.has_changed().is_err()) {
            services.remove(&self.key);
        }
        self.ended.borrow().clone()
    }
}

impl Controller {
    /// A controller with the default timing. Its methods need a tokio runtime around them.
    pub fn new(runtime: Runtime, dirs: ControllerDirs, login: PullLogin) -> Controller {
        Controller::with_timing(runtime, dirs, login, ControllerTiming::default())
    }

    /// A controller with other timing.
    pub fn with_timing(
        runtime: Runtime,
        dirs: ControllerDirs,
        login: PullLogin,
        timing: ControllerTiming,
    ) -> Controller {
        let context =
            Arc::new(Context { runtime, dirs, login, timing, stopping: CancellationToken::new() });
        Controller { inner: Arc::new(Inner { context, services: Mutex::default() }) }
    }

    /// Takes a deployment over and returns at once. `observe` knows of it from now on.
    pub fn apply(&self, deployment: Deployment) {
        let deployment = Arc::new(deployment);
        let mut services = self.services();
        match services.get(&deployment.key) {
            Some(handle) if !matches!(*handle.goal.borrow(), Goal::Remove { .. }) => {
                lock(&handle.shared).expect(deployment.clone());
                handle.goal.send_replace(Goal::Run(deployment));
            }
            leaving => {
                let after = leaving.map(|handle| handle.ended.clone());
                let key = deployment.key.clone();
                let handle = self.start(&key, Goal::Run(deployment), after);
                services.insert(key, handle);
            }
        }
    }

    /// Begins to take a service away, whether it was applied in this process or found in the
    /// engine only. What is applied under its name from now on begins when it is gone.
    pub fn remove(&self, key: &str, keep_block_volumes: bool) -> Removal {
        let goal = Goal::Remove { keep_block_volumes };
        let mut services = self.services();
        let ended = match services.get(key) {
            // One that has ended already leaves its entry to whoever waits for it.
            Some(handle) if handle.ended.has_changed().is_ok() => {
                handle.goal.send_replace(goal);
                handle.ended.clone()
            }
            _ => {
                let handle = self.start(key, goal, None);
                let ended = handle.ended.clone();
                services.insert(key.to_owned(), handle);
                ended
            }
        };
        Removal { controller: self.clone(), key: key.to_owned(), ended }
    }

    /// Ends the tasks of all services and leaves their containers as they are. What a task is
    /// doing at the moment is finished first, except for the time that a container may take to
    /// stop.
    pub async fn stop(&self) {
        self.inner.context.stopping.cancel();
        // All goals are dropped before the first task is waited for.
        let handles: Vec<Handle> = self.services().drain().map(|(_, handle)| handle).collect();
        let ended: Vec<_> = handles.into_iter().map(|handle| handle.ended).collect();
        for mut ended in ended {
            while ended.changed().await.is_ok() {}
        }
    }

    /// How a service is at the moment; `None` if it was never applied.
    pub fn observe(&self, key: &str) -> Option<ServiceObservation> {
        let services = self.services();
        let handle = services.get(key)?;
        lock(&handle.shared).observation()
    }

    /// Where a port of a service is reached from this machine; only READY instances, in turn.
    pub fn endpoint_address(&self, key: &str, port: u16) -> Option<SocketAddr> {
        let services = self.services();
        let handle = services.get(key)?;
        lock(&handle.shared).address(port)
    }

    /// The last lines of a container, or of the run before its last restart. At most 100 KB.
    pub async fn logs(
        &self,
        key: &str,
        instance: u32,
        container: &str,
        lines: usize,
        previous: bool,
        timestamps: bool,
    ) -> Result<String, LogsError> {
        let context = &self.inner.context;
        let found = {
            let services = self.services();
            let handle = services.get(key).ok_or(LogsError::NoInstance(instance))?;
            lock(&handle.shared).container(instance, container)
        };
        let text = if previous {
            files::previous_log(&context.dirs, key, instance, container, lines, timestamps)
                .ok_or_else(|| LogsError::NoPrevious(container.to_owned()))?
        } else {
            let found = found?;
            match (found.id, found.error) {
                (Some(id), _) => context.runtime.logs(&id, lines, timestamps).await?,
                (None, Some(error)) => error,
                (None, None) => return Err(LogsError::NotStarted(container.to_owned())),
            }
        };
        Ok(files::last_bytes(text, 100 << 10))
    }

    fn start(
        &self,
        key: &str,
        goal: Goal,
        after: Option<watch::Receiver<Result<(), RuntimeError>>>,
    ) -> Handle {
        let shared = Arc::new(Mutex::new(Shared::default()));
        if let Goal::Run(deployment) = &goal {
            lock(&shared).expect(deployment.clone());
        }
        let (sender, receiver) = watch::channel(goal);
        let (alive, ended) = watch::channel(Ok(()));
        let context = self.inner.context.clone();
        let task = ServiceTask::new(key, context, shared.clone(), receiver);
        tokio::spawn(async move {
            if let Some(mut before) = after {
                while before.changed().await.is_ok() {}
            }
            let last_word = task.run().await;
            // Nobody may wait for it; what is dropped here closes the channel.
            let _ = alive.send(last_word);
        });
        Handle { goal: sender, shared, ended }
    }

    fn services(&self) -> MutexGuard<'_, HashMap<String, Handle>> {
        self.inner.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
