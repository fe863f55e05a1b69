//! The platform as a whole: started, reached through one listener, stopped, reset.

mod files;
mod registry;
mod route;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use spcs_local_registry::Registry;
use spcs_local_services::EngineCommand;
use spcs_local_services::controller::{Controller, ControllerDirs};
use spcs_local_services::runtime::{
    EngineRuntime, FakeRuntime, PullLogin, Runtime, RuntimeError, remove_all,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::access::Identity;
use crate::account::{Account, IDENTIFIER};
use crate::catalog::{Catalog, OpenError};
use crate::config::{PlatformConfig, RuntimeChoice, Status};
use crate::kind::user::ADMIN;
use crate::password::random;
use crate::session::Sessions;
use files::Lock;
pub use files::{has_services, last_engine};

/// How long open connections may last after `stop`.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a platform did not start, or could not be reset.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("port {port} on 127.0.0.1 is taken by another program")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// A platform runs on this state directory.
    #[error("another platform already runs on {}", state_dir.display())]
    AlreadyRunning {
        /// The directory.
        state_dir: PathBuf,
    },
    /// The state cannot be read or written.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The catalog cannot be read.
    #[error(transparent)]
    Catalog(#[from] OpenError),
    /// The container engine did not do its part.
    #[error(transparent)]
    Engine(#[from] RuntimeError),
}

impl StartError {
    /// What to do about it.
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
    server: JoinHandle<io::Result<()>>,
    lock: Lock,
    engine: Option<EngineCommand>,
}

/// Between two looks at whether the state directory is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Starts a platform: takes its state up again, listens, and finds its containers.
///
/// # Errors
/// When the port is taken, another platform runs on the state, or the state cannot be read.
pub async fn start(config: PlatformConfig) -> Result<Platform, StartError> {
    let state_dir =
        files::prepare(&config.state_dir).map_err(doing("making the state directory"))?;
    let lock = Lock::take(&state_dir)?;
    let (listener, port) = listen(&state_dir, config.port).await?;
    let password =
        files::password(&state_dir).map_err(doing("reading the administrator's password"))?;
    let engine = match &config.runtime {
        RuntimeChoice::Engine(engine) => Some(engine.clone()),
        RuntimeChoice::Fake => None,
    };
    if let Some(engine) = &engine {
        if !Catalog::is_in(&state_dir) {
            clear_away_lost(engine, &state_dir).await?;
        }
        files::write_engine(&state_dir, engine.kind).map_err(doing("writing the engine's name"))?;
    }
    let catalog = Catalog::open(&state_dir, &password)?;
    let registry =
        Registry::open(&state_dir.join("registry")).map_err(doing("opening the registry"))?;
    let pull_password = random();
    let dirs = ControllerDirs::new(&state_dir);
    let stages = dirs.stages.clone();
    files::prepare_stages(&stages).map_err(doing("making the directory of the stages"))?;
    let runtime = match config.runtime {
        RuntimeChoice::Fake => Runtime::Fake(FakeRuntime::new(Duration::ZERO)),
        RuntimeChoice::Engine(command) => {
            Runtime::Engine(EngineRuntime::new(command, &state_dir, &dirs.platform_id))
        }
    };
    let address = format!("127.0.0.1:{port}");
    let (username, password_of_puller) =
        (Identity::Puller.name().to_owned(), pull_password.clone());
    let login = PullLogin { registry: address.clone(), username, password: password_of_puller };
    let account = Arc::new(Account {
        catalog,
        sessions: Sessions::new(config.timing),
        timing: config.timing,
        stages,
        registry,
        controller: Controller::new(runtime, dirs, login),
        permits: Default::default(),
        queries: Default::default(),
        port,
        pull_password,
    });
    // Before the first client is answered: what it creates now is not what was dropped before.
    let rest = account.detach_rest();
    account.deploy_all();
    let (shutdown, stopped) = oneshot::channel::<()>();
    let router = route::router(&account, &state_dir);
    // Kernel messages through the ingress are small: held back, each would wait for an answer.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true); // only a matter of latency
    });
    let server = tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(async {
                // A dropped platform stops as one that is told to.
                let _ = stopped.await;
            })
            .await
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
    let clearing = Arc::clone(&account);
    // A failure is in the log, and tried again at the next start.
    tokio::spawn(async move { clearing.clear_away(rest).await });
    tracing::info!(port, state_dir = %state_dir.display(), "platform started");
    Ok(Platform { status, account, shutdown: Some(shutdown), server, lock, engine })
}

/// What an earlier platform of this directory left in the engine when its state was deleted by
/// other means than a reset (`cargo clean`, say): its containers mount what is gone.
async fn clear_away_lost(engine: &EngineCommand, state_dir: &Path) -> Result<(), StartError> {
    let (engine, state_dir) = (engine.clone(), state_dir.to_owned());
    let cleared = tokio::task::spawn_blocking(move || remove_all(&engine, &state_dir));
    Ok(cleared.await.map_err(io::Error::other).map_err(doing("clearing away containers"))??)
}

/// Listens on a port. Where any will do, it is the same at every start, so that the registry and
/// the endpoints keep their addresses.
async fn listen(state_dir: &Path, port: u16) -> Result<(TcpListener, u16), StartError> {
    if port != 0 {
        return bind(port).await;
    }
    if let Some(last) = files::last_port(state_dir) {
        match bind(last).await {
            Err(StartError::PortTaken { port }) => {
                tracing::warn!(port, "the port of the last start is taken: choosing another");
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
    /// How to reach it.
    pub fn status(&self) -> &Status {
        &self.status
    }

    #[cfg(test)]
    pub(crate) fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account)
    }

    /// Ends when the state directory has been taken away, by `cargo clean` for example: nothing
    /// that clients are told could be kept any more.
    pub async fn abandoned(&self) {
        let mut look = tokio::time::interval(LOOK);
        while self.lock.is_in_place() {
            look.tick().await;
        }
        tracing::warn!(state_dir = %self.status.state_dir.display(), "the state is gone");
    }

    /// Stops listening; running containers stay, and the next start finds them, unless the state
    /// directory is gone.
    pub async fn stop(mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // The server may have ended by itself.
            let _ = shutdown.send(());
        }
        let abort = self.server.abort_handle();
        if tokio::time::timeout(FAREWELL, &mut self.server).await.is_err() {
            abort.abort();
        }
        self.account.controller.stop().await;
        self.account.catalog.close();
        let state_dir = &self.status.state_dir;
        if self.lock.is_in_place() {
            files::remove_status(state_dir);
        } else if let (Some(engine), false) = (&self.engine, self.lock.is_taken_over()) {
            // Nobody would find its containers again, and they mount what is gone. The engine's
            // settings may be gone with it, and to remove needs nothing of them.
            let mut engine = engine.clone();
            engine.env.retain(|(name, file)| name != "CONTAINERS_CONF" || Path::new(file).exists());
            if let Err(error) = clear_away_lost(&engine, state_dir).await {
                tracing::warn!(%error, "containers are left; the next start removes them");
            }
        }
        tracing::info!(port = self.account.port, "platform stopped");
        drop(self.lock);
    }
}

/// Removes everything of a platform that does not run: containers, networks, volumes, and then
/// the state directory.
///
/// # Errors
/// When a platform runs on the directory, the engine fails, or the directory stays.
pub fn reset(state_dir: &Path, engine: Option<&EngineCommand>) -> Result<(), StartError> {
    // Its containers may be there when the directory is not.
    let state_dir = &files::prepare(state_dir).map_err(doing("making the state directory"))?;
    let lock = Lock::take(state_dir)?;
    if let Some(engine) = engine {
        remove_all(engine, state_dir)?;
    }
    fs_err::remove_dir_all(state_dir).map_err(doing("removing the state directory"))?;
    drop(lock);
    Ok(())
}
