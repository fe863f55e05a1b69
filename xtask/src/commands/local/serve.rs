//! `local serve`: runs the platform in the foreground. `local start` runs it in the background.

use anyhow::{Context as _, Result};
use spcs_local::{
    EngineCommand, EngineKind, GateCommand, PlatformConfig, RuntimeChoice, StartError, Timing,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Engine, Serve};
use crate::platform::port_taken;

pub(crate) async fn run(args: Serve) -> Result<()> {
    // Start a new session, so that a closed terminal or Ctrl-C does not reach the platform. Fails
    // if the process leads a process group, as a shell job does; no new session is needed then.
    rustix::process::setsid().ok();
    let runtime = match (args.engine_kind, args.engine_program) {
        (Some(kind), Some(program)) => {
            let kind = match kind {
                Engine::Docker => EngineKind::Docker,
                Engine::Podman | Engine::Auto => EngineKind::Podman,
            };
            let pairs = args.engine_env.iter().filter_map(|pair| pair.split_once('='));
            let env = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let gate = GateCommand {
                program: std::env::current_exe().context("finding the program that runs")?,
                arguments: vec!["local".into(), "gate".into()],
            };
            RuntimeChoice::Engine(EngineCommand { kind, program, env }, Some(gate))
        }
        _ => RuntimeChoice::Fake,
    };
    let config = PlatformConfig {
        state_dir: args.state_dir,
        port: args.port,
        runtime,
        timing: Timing::default(),
    };
    // Install the handlers before the platform announces that it is running.
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut hangup = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    let platform = match spcs_local::start(config).await {
        Ok(platform) => platform,
        Err(StartError::PortTaken { port }) => return Err(port_taken(port).await.into()),
        Err(error) => return Err(error).context("starting the local platform"),
    };
    tracing::info!(url = platform.status().url, "the local platform is up");
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {}
            () = platform.abandoned() => break,
        }
    }
    platform.stop().await;
    Ok(())
}
