//! The service controller. One task per service turns a `Deployment` into running instances,
//! monitors them, and rolls them to the next deployment.
//!
//! The task serialises all commands to its service, and the newest deployment always wins. The
//! labels of the containers hold all state that the controller needs after a restart of the
//! platform. It finds the containers by their labels and leaves them running.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use spcs_local_files::Stages;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::container_address::ContainerAddress;
use crate::runtime::{PullLogin, Runtime, RuntimeError, platform_id};
use crate::service::{Deployment, ServiceObservation};

mod adopt;
mod egress;
mod files;
mod firewall;
mod gateway;
mod instance;
mod launch;
mod lookup;
mod monitor;
mod mounts;
mod names;
mod network_names;
mod removal;
mod shared;
mod stage_volumes;
mod task;
#[cfg(test)]
mod tests;

pub use gateway::AccountAccess;

use firewall::{Firewall, Resolved};
use gateway::Gateways;
use shared::Shared;
use task::{Goal, ServiceTask};

/// The controller's directories, and the id of its platform.
#[derive(Debug, Clone)]
pub struct ControllerDirs {
    /// Session tokens and logs of previous runs, one directory per service.
    pub services: PathBuf,
    pub stages: Stages,
    /// The file that keeps what the hosts of egress targets resolve to.
    pub egress: PathBuf,
    /// Label value on every object that the controller creates in the engine.
    pub platform_id: String,
}

impl ControllerDirs {
    /// The directories below the platform's state directory.
    pub fn new(state_dir: &Path) -> ControllerDirs {
        let platform_id = platform_id(state_dir);
        let stages = Stages::at(state_dir.join("stages"));
        let egress = state_dir.join("egress.json");
        ControllerDirs { services: state_dir.join("services"), stages, egress, platform_id }
    }
}

/// Intervals and timeouts. Tests use shorter ones.
#[derive(Debug, Clone, Copy)]
pub struct ControllerTiming {
    /// Poll interval while a service is not in its desired state.
    pub converge: Duration,
    /// Poll interval while a service is in its desired state.
    pub watch: Duration,
    /// First backoff after a failed pull or a crash. It doubles with each failure.
    pub first_backoff: Duration,
    /// Maximum backoff.
    pub last_backoff: Duration,
    /// A container that ran at least this long is restarted without backoff.
    pub stable: Duration,
    /// Time between SIGTERM and SIGKILL.
    pub stop_grace: Duration,
    pub probe_timeout: Duration,
    /// The firewall rules are put in force again this long after their last change.
    pub renew_rules: Duration,
    /// The age at which a session token is replaced. Snowflake replaces them every few minutes.
    pub token_age: Duration,
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
            renew_rules: Duration::from_secs(30),
            token_age: Duration::from_secs(300),
        }
    }
}

/// Why logs are unavailable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogsError {
    #[error("instance {0} does not exist or is not running")]
    NoInstance(u32),
    #[error("container '{0}' does not exist in the service")]
    NoContainer(String),
    #[error("container '{0}' has not started yet")]
    NotStarted(String),
    #[error("container '{0}' has no previous run")]
    NoPrevious(String),
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

/// State shared by the tasks of all services.
struct Context {
    runtime: Runtime,
    dirs: ControllerDirs,
    login: PullLogin,
    account: AccountAccess,
    timing: ControllerTiming,
    firewall: Firewall,
    gateways: Gateways,
    /// The controller that the context belongs to.
    controller: Weak<Inner>,
    /// Cancelled when the platform stops.
    stopping: CancellationToken,
}

/// The controller's end of the channels to a service's task.
struct Handle {
    goal: watch::Sender<Goal>,
    shared: Arc<Mutex<Shared>>,
    /// The task's result. The channel closes when the task has ended.
    ended: watch::Receiver<Result<(), RuntimeError>>,
}

/// A removal of a service that is in progress.
#[must_use]
pub struct Removal {
    controller: Controller,
    key: String,
    ended: watch::Receiver<Result<(), RuntimeError>>,
}

impl Removal {
    /// Waits until the service's containers and volumes are removed.
    ///
    /// # Errors
    /// If some of them could not be removed.
    pub async fn done(mut self) -> Result<(), RuntimeError> {
        while self.ended.changed().await.is_ok() {}
        let mut services = self.controller.services();
        // Keep the entry if the service was created again in the meantime.
        if services.get(&self.key).is_some_and(|handle| handle.ended.has_changed().is_err()) {
            services.remove(&self.key);
        }
        self.ended.borrow().clone()
    }
}

impl Controller {
    /// A controller with the default timing. It must be created and used in a tokio runtime.
    pub fn new(
        runtime: Runtime,
        dirs: ControllerDirs,
        login: PullLogin,
        account: AccountAccess,
    ) -> Controller {
        Controller::with_timing(runtime, dirs, login, account, ControllerTiming::default())
    }

    pub fn with_timing(
        runtime: Runtime,
        dirs: ControllerDirs,
        login: PullLogin,
        account: AccountAccess,
        timing: ControllerTiming,
    ) -> Controller {
        let firewall = Firewall::new(runtime.clone(), Resolved::load(dirs.egress.clone()));
        firewall.set_platform_ports(vec![account.port]);
        let inner = Arc::new_cyclic(|controller| {
            let context = Arc::new(Context {
                runtime,
                dirs,
                login,
                account,
                timing,
                firewall,
                gateways: Gateways::default(),
                controller: controller.clone(),
                stopping: CancellationToken::new(),
            });
            tokio::spawn(renew_rules(Arc::clone(&context)));
            Inner { context, services: Mutex::default() }
        });
        Controller { inner }
    }

    /// Sets the desired state of a service and returns immediately. `observe` reflects it at once.
    pub fn apply(&self, deployment: Deployment) {
        let deployment = Arc::new(deployment);
        let mut services = self.services();
        match services.get(&deployment.key) {
            Some(handle) if !matches!(*handle.goal.borrow(), Goal::Remove { .. }) => {
                lock(&handle.shared).set_deployment(deployment.clone());
                handle.goal.send_replace(Goal::Run(deployment));
            }
            removing => {
                let after = removing.map(|handle| handle.ended.clone());
                let key = deployment.key.clone();
                let handle = self.start(&key, Goal::Run(deployment), after);
                services.insert(key, handle);
            }
        }
    }

    /// Starts to remove a service, even one that this process never applied and that only exists in
    /// the engine. A later deployment with the same key starts after the removal.
    pub fn remove(&self, key: &str, keep_block_volumes: bool) -> Removal {
        let goal = Goal::Remove { keep_block_volumes };
        let mut services = self.services();
        let ended = match services.get(key) {
            // A task that has ended is replaced below; its `Removal` still holds the result.
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

    /// The keys of services that the engine may have something of, except these.
    pub fn others(&self, keep: &HashSet<String>) -> std::io::Result<Vec<String>> {
        let mut keys = self.inner.context.dirs.keys()?;
        keys.retain(|key| !keep.contains(key));
        Ok(keys)
    }

    /// Ends the tasks of all services and leaves their containers running. Each task finishes its
    /// current step first, but does not wait for containers that are stopping.
    pub async fn stop(&self) {
        self.inner.context.stopping.cancel();
        // Drop all goal channels before waiting for the first task.
        let handles: Vec<Handle> = self.services().drain().map(|(_, handle)| handle).collect();
        let ended: Vec<_> = handles.into_iter().map(|handle| handle.ended).collect();
        for mut ended in ended {
            while ended.changed().await.is_ok() {}
        }
        self.inner.context.gateways.close().await;
    }

    /// The current state of a service, or `None` if it was never applied.
    pub fn observe(&self, key: &str) -> Option<ServiceObservation> {
        let services = self.services();
        let handle = services.get(key)?;
        lock(&handle.shared).observation()
    }

    /// The address of a service's port. Rotates over the READY instances.
    pub fn endpoint_address(&self, key: &str, port: u16) -> Option<ContainerAddress> {
        let services = self.services();
        let handle = services.get(key)?;
        let address = lock(&handle.shared).address(port)?;
        Some(self.inner.context.runtime.reach(address))
    }

    /// The service whose containers have an address.
    pub fn service_at(&self, address: IpAddr) -> Option<String> {
        self.inner.context.firewall.service_at(address)
    }

    /// Opens the addresses that the host of a service's egress target resolves to. Returns when the
    /// containers can connect to them.
    pub async fn allow_egress(&self, key: &str, host: &str, addresses: &[IpAddr]) {
        if let Err(error) = self.inner.context.firewall.allow_egress(key, host, addresses).await {
            tracing::warn!(service = key, host, %error, "cannot open an egress target");
        }
    }

    /// The last log lines of a container, or of its run before the last restart. At most 100 KiB.
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
            lock(&shared).set_deployment(deployment.clone());
        }
        let (sender, receiver) = watch::channel(goal);
        let (result_sender, ended) = watch::channel(Ok(()));
        let context = self.inner.context.clone();
        let task = ServiceTask::new(key, context, shared.clone(), receiver);
        tokio::spawn(async move {
            if let Some(mut previous) = after {
                while previous.changed().await.is_ok() {}
            }
            let result = task.run().await;
            // There may be no receiver. Dropping the sender closes the channel.
            let _ = result_sender.send(result);
        });
        Handle { goal: sender, shared, ended }
    }

    fn services(&self) -> MutexGuard<'_, HashMap<String, Handle>> {
        self.inner.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the firewall rules, which another program may have deleted, until the platform stops.
async fn renew_rules(context: Arc<Context>) {
    let period = context.timing.renew_rules;
    while context.stopping.run_until_cancelled(tokio::time::sleep(period)).await.is_some() {
        if let Err(error) = context.firewall.enforce_again(period).await {
            tracing::warn!(%error, "cannot renew the firewall rules");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
