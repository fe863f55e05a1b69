//! The platform: start, stop and reset.

mod admission;
mod containers;
mod files;
mod listener;
mod memory;
mod registry;
mod route;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use spcs_local_registry::Registry;
use spcs_local_services::EngineCommand;
use spcs_local_services::controller::{AccountAccess, Controller, ControllerDirs};
use spcs_local_services::runtime::{
    EngineRuntime, FakeRuntime, PullLogin, Runtime, RuntimeError, remove_all,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::access::Identity;
use crate::account::{Account, CONTAINER_HOST, IDENTIFIER};
use crate::catalog::{Catalog, OpenError};
use crate::config::{PlatformConfig, RuntimeChoice, Status};
use crate::kind::user::ADMIN;
use crate::login_attempts::LoginAttempts;
use crate::password::random;
use crate::service_token::ServiceTokens;
use crate::session::Sessions;
use files::Lock;
pub use files::{has_services, last_engine};

/// How long `stop` waits for open connections.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// An error of starting or resetting a platform.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens on the port.
    #[error("port {port} on 127.0.0.1 is taken by another program")]
    PortTaken { port: u16 },
    /// A platform runs on this state directory.
    #[error("another platform already runs on {}", state_dir.display())]
    AlreadyRunning { state_dir: PathBuf },
    /// The state directory or the network cannot be used.
    #[error("{doing} failed: {source}")]
    Io { doing: &'static str, source: io::Error },
    #[error(transparent)]
    Catalog(#[from] OpenError),
    /// The container engine failed.
    #[error(transparent)]
    Engine(#[from] RuntimeError),
}

impl StartError {
    /// The next step for the user.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PortTaken { .. } => "stop that program, or choose another port",
            Self::AlreadyRunning { .. } => "stop it first, or choose another state directory",
            Self::Io { .. } => "check the permissions of the state directory and the free space",
            Self::Catalog(error) => error.hint(),
            Self::Engine(_) => "check that the container engine runs",
        }
    }
}

fn doing(doing: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Io { doing, source }
}

/// A running platform.
pub struct Platform {
    status: Status,
    account: Arc<Account>,
    shutdown: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    lock: Lock,
    engine: Option<EngineCommand>,
}

/// The interval for checking whether the state directory still exists.
const STATE_DIR_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Starts a platform on its state directory. It finds the containers that are still running.
///
/// # Errors
/// If the port is taken, another platform runs on the directory, or the state cannot be read.
pub async fn start(config: PlatformConfig) -> Result<Platform, StartError> {
    let state_dir =
        files::prepare(&config.state_dir).map_err(doing("creating the state directory"))?;
    let lock = Lock::take(&state_dir)?;
    let (listener, port) = listen(&state_dir, config.port).await?;
    let password =
        files::password(&state_dir).map_err(doing("reading the administrator's password"))?;
    let engine = match &config.runtime {
        RuntimeChoice::Engine(engine, _) => Some(engine.clone()),
        RuntimeChoice::Fake => None,
    };
    if let Some(engine) = &engine {
        if !Catalog::is_in(&state_dir) {
            remove_orphans(engine, &state_dir).await?;
        }
        files::write_engine(&state_dir, engine.kind).map_err(doing("writing the engine's name"))?;
    }
    let token_key = files::service_token_key(&state_dir)
        .map_err(doing("reading the key of the services' tokens"))?;
    let catalog = Catalog::open(&state_dir, &password)?;
    let registry =
        Registry::open(&state_dir.join("registry")).map_err(doing("opening the registry"))?;
    let pull_password = random();
    let dirs = ControllerDirs::new(&state_dir);
    let stages = dirs.stages.clone();
    stages.prepare().map_err(doing("creating the directory of the stages"))?;
    let runtime = match config.runtime {
        RuntimeChoice::Fake => Runtime::Fake(FakeRuntime::new(Duration::ZERO)),
        RuntimeChoice::Engine(command, gate) => {
            Runtime::Engine(EngineRuntime::new(command, &state_dir, &dirs.platform_id, gate))
        }
    };
    let address = format!("127.0.0.1:{port}");
    let (username, puller_password) = (Identity::Puller.name().to_owned(), pull_password.clone());
    let login = PullLogin { registry: address.clone(), username, password: puller_password };
    let account = Arc::new_cyclic(|account| Account {
        catalog,
        sessions: Sessions::new(config.timing),
        service_tokens: ServiceTokens::new(token_key, config.timing.service_token_validity),
        browser_sessions: Default::default(),
        login_attempts: LoginAttempts::new(config.timing.login_delay),
        timing: config.timing,
        stages,
        registry,
        controller: Controller::new(runtime, dirs, login, container_access(account, port)),
        permits: Default::default(),
        queries: Default::default(),
        body_budget: Default::default(),
        port,
        pull_password,
        ingress_secret: random(),
    });
    let garbage = account.garbage().map_err(doing("looking for the data of dropped objects"))?;
    account.deploy_all();
    let (shutdown, stopped) = oneshot::channel::<()>();
    let router = route::router(&account, &state_dir);
    let limits = listener::Limits::of_process();
    let served = listener::serve(listener, router, limits, async {
        // Dropping the platform closes the channel, which also stops the server.
        let _ = stopped.await;
    });
    let server = tokio::spawn(async {
        tokio::select! {
            () = served => {}
            () = memory::give_back() => {}
        }
    });
    let status = Status {
        url: account.url(),
        host: "127.0.0.1".to_owned(),
        port,
        account: IDENTIFIER.to_owned(),
        user: ADMIN.to_owned(),
        password,
        registry: address,
        ingress: format!("localhost:{port}"),
        state_dir: state_dir.clone(),
        pid: std::process::id(),
    };
    files::write_status(&status).map_err(doing("writing the status file"))?;
    let cleanup = Arc::clone(&account);
    // A failure is logged, and retried at the next start.
    tokio::spawn(async move { cleanup.clean_up(garbage).await });
    tracing::info!(port, state_dir = %state_dir.display(), "platform started");
    Ok(Platform { status, account, shutdown: Some(shutdown), server, lock, engine })
}

/// How containers reach the account.
fn container_access(account: &Weak<Account>, port: u16) -> AccountAccess {
    let account = Weak::clone(account);
    let serve = move |listener| {
        let account = account.upgrade();
        let serving = async move {
            // It is gone only if the platform has stopped.
            if let Some(account) = account {
                containers::serve(account, listener).await;
            }
        };
        Box::pin(serving) as BoxFuture<'static, ()>
    };
    AccountAccess { host: CONTAINER_HOST.to_owned(), port, serve: Arc::new(serve) }
}

/// Removes the containers of an earlier platform whose state directory was deleted without a reset
/// (for example by `cargo clean`). They mount directories that no longer exist.
async fn remove_orphans(engine: &EngineCommand, state_dir: &Path) -> Result<(), StartError> {
    let (engine, state_dir) = (engine.clone(), state_dir.to_owned());
    let removed = tokio::task::spawn_blocking(move || remove_all(&engine, &state_dir));
    Ok(removed.await.map_err(io::Error::other).map_err(doing("removing old containers"))??)
}

/// Listens on a port. Port 0 means the port of the last start if it is free, so that the registry
/// and the endpoints keep their addresses.
async fn listen(state_dir: &Path, port: u16) -> Result<(TcpListener, u16), StartError> {
    if port != 0 {
        return bind(port).await;
    }
    if let Some(last) = files::last_port(state_dir) {
        match bind(last).await {
            Err(StartError::PortTaken { port }) => {
                tracing::warn!(port, "the port of the last start is taken, choosing another");
            }
            bound => return bound,
        }
    }
    let bound = bind(0).await?;
    files::write_port(state_dir, bound.1).map_err(doing("writing the port"))?;
    Ok(bound)
}

async fn bind(port: u16) -> Result<(TcpListener, u16), StartError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { port },
        _ => StartError::Io { doing: "listening on 127.0.0.1", source },
    })?;
    let port = listener.local_addr().map_err(doing("listening on 127.0.0.1"))?.port();
    Ok((listener, port))
}

impl Platform {
    /// How clients reach the platform.
    pub fn status(&self) -> &Status {
        &self.status
    }

    #[cfg(test)]
    pub(crate) fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account)
    }

    /// Completes when the state directory has been deleted, for example by `cargo clean`. The
    /// platform should stop then, because it cannot store anything.
    pub async fn abandoned(&self) {
        let mut interval = tokio::time::interval(STATE_DIR_CHECK_INTERVAL);
        while self.lock.is_in_place() {
            interval.tick().await;
        }
        tracing::warn!(state_dir = %self.status.state_dir.display(), "the state directory was deleted");
    }

    /// Stops the platform. Containers keep running and the next start finds them, unless the state
    /// directory was deleted: then they are removed.
    pub async fn stop(mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // The server may have stopped already.
            let _ = shutdown.send(());
        }
        let abort = self.server.abort_handle();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.server).await.is_err() {
            abort.abort();
        }
        self.account.controller.stop().await;
        self.account.catalog.close();
        let state_dir = &self.status.state_dir;
        if self.lock.is_in_place() {
            files::remove_status(state_dir);
        } else if let (Some(engine), false) = (&self.engine, self.lock.is_taken_over()) {
            // The containers mount deleted directories, and no later start would find them. The
            // engine's configuration may be deleted too, but removing containers works without.
            let mut engine = engine.clone();
            engine.env.retain(|(name, file)| name != "CONTAINERS_CONF" || Path::new(file).exists());
            if let Err(error) = remove_orphans(&engine, state_dir).await {
                tracing::warn!(%error, "cannot remove containers; the next start removes them");
            }
        }
        tracing::info!(port = self.account.port, "platform stopped");
        drop(self.lock);
    }
}

/// Deletes everything of a stopped platform: containers, networks, volumes, and the state
/// directory.
///
/// # Errors
/// If a platform runs on the directory, the engine fails, or the directory cannot be deleted.
pub fn reset(state_dir: &Path, engine: Option<&EngineCommand>) -> Result<(), StartError> {
    // Even if the directory does not exist, its containers may.
    let state_dir = &files::prepare(state_dir).map_err(doing("creating the state directory"))?;
    let lock = Lock::take(state_dir)?;
    if let Some(engine) = engine {
        remove_all(engine, state_dir)?;
    }
    fs_err::remove_dir_all(state_dir).map_err(doing("removing the state directory"))?;
    drop(lock);
    Ok(())
}
