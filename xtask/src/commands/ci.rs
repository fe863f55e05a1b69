//! `ci`: runs every check of this repository as a named step with a time limit.

mod docker;
mod group;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use spcs_apply::engine::{EngineChoice, EngineKind};
use spcs_apply::error::Kind;
use tokio::signal::unix::signal;

use crate::cli::Ci;
use crate::commands::setup;
use crate::console::{Table, time};
use crate::context::{Context, termination_signals};
use crate::failure::{self, Failure};

use docker::Docker;

/// A check: one cargo command.
struct Check {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The container engine that it tests with, if any.
    engine: Option<EngineKind>,
    /// The time limit in minutes, compilation included.
    minutes: u64,
}

const QUICK: [Check; 5] = [
    Check { name: "format", arguments: &["fmt", "--all", "--check"], engine: None, minutes: 5 },
    Check { name: "lint", arguments: &["xtask", "lint"], engine: None, minutes: 20 },
    Check {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"],
        engine: None,
        minutes: 20,
    },
    Check {
        name: "plan",
        arguments: &["test", "--package", "spcs-plan"],
        engine: None,
        minutes: 10,
    },
    Check {
        name: "workspace",
        arguments: &["test", "--workspace", "--exclude", "spcs-plan"],
        engine: None,
        minutes: 30,
    },
];

const RUNTIME: &[&str] = &["test", "--package", "spcs-local-services", "--test", "containers"];
/// The command line's tests that use an engine; `workspace` runs the others.
const END_TO_END: &[&str] =
    &["test", "--package", "xtask", "--test", "it", "--", "end_to_end", "third_parties"];
const PODMAN: Option<EngineKind> = Some(EngineKind::Podman);
const DOCKER: Option<EngineKind> = Some(EngineKind::Docker);

const CONTAINERS: [Check; 4] = [
    Check { name: "podman runtime", arguments: RUNTIME, engine: PODMAN, minutes: 15 },
    Check { name: "podman end to end", arguments: END_TO_END, engine: PODMAN, minutes: 30 },
    Check { name: "docker runtime", arguments: RUNTIME, engine: DOCKER, minutes: 15 },
    Check { name: "docker end to end", arguments: END_TO_END, engine: DOCKER, minutes: 30 },
];

/// The time limit for all checks together.
const LIMIT: Duration = Duration::from_secs(85 * 60);

pub(crate) async fn run(context: &Context, args: Ci) -> Result<()> {
    let all_begun = Instant::now();
    let mut checks: Vec<&Check> = QUICK.iter().collect();
    if !args.quick {
        setup::for_end_to_end(context)?;
        checks.extend(&CONTAINERS);
    }
    cancel_on_termination(context)?;
    let mut table = Table::new(&["check", "result", "time"]);
    let (mut steps, mut failed) = (Vec::new(), Vec::new());
    let mut daemon = None;
    for check in checks {
        context.console.say(format!("== {}: cargo {}", check.name, check.arguments.join(" ")));
        let begun = Instant::now();
        let limit = Duration::from_secs(check.minutes * 60);
        let limit = limit.min(LIMIT.saturating_sub(all_begun.elapsed()));
        // A check that cannot start counts as failed; the others still run.
        let result = run_check(context, check, limit, &mut daemon).await;
        if context.cancel.is_cancelled() {
            return Err(Failure::new(Kind::Interrupted, "interrupted").into());
        }
        let took = begun.elapsed();
        table.row([check.name, if result.is_ok() { "ok" } else { "failed" }, &time(took)]);
        steps.push(
            json!({"check": check.name, "ok": result.is_ok(), "seconds": took.as_secs_f64()}),
        );
        if let Err(error) = result {
            context.console.say(failure::render(&error));
            failed.push((check.name, failure::kind(&error)));
        }
    }
    context.console.data(&json!({"checks": steps}), table.render())?;
    // A failed test takes precedence over a machine that lacks something.
    let Some(kind) = failed.iter().map(|(_, kind)| *kind).min() else { return Ok(()) };
    let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
    Err(Failure::new(kind, format!("checks failed: {}", names.join(", ")))
        .hint("the output of each is above, after the command that runs it alone")
        .into())
}

/// SIGTERM and SIGHUP cancel the checks as Ctrl-C does. Their child processes would otherwise
/// continue.
fn cancel_on_termination(context: &Context) -> Result<()> {
    for kind in termination_signals() {
        let mut stream = signal(kind).context("listening for signals")?;
        let cancel = context.cancel.clone();
        tokio::spawn(async move {
            stream.recv().await;
            cancel.cancel();
        });
    }
    Ok(())
}

async fn run_check(
    context: &Context,
    check: &Check,
    limit: Duration,
    daemon: &mut Option<Docker>,
) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(check.arguments).current_dir(context.root()?);
    if let Some(engine) = check.engine {
        command.env("SPCS_TEST_ENGINE", engine.program());
        command.envs(engine_environment(context, engine, daemon).await?);
    }
    command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr()));
    group::run(command, limit, &context.cancel).await
}

/// The environment that an engine needs on this machine: podman needs settings, docker a daemon.
/// The platform's own tests call the engine directly, without these adaptations.
async fn engine_environment(
    context: &Context,
    engine: EngineKind,
    daemon: &mut Option<Docker>,
) -> Result<Vec<(String, String)>> {
    let work_dir = context.work_dir()?;
    match engine {
        EngineKind::Podman => {
            let engine = spcs_apply::engine::detect(EngineChoice::Podman, &work_dir);
            Ok(engine.map_err(spcs_apply::Error::from)?.env)
        }
        EngineKind::Docker => match daemon {
            Some(daemon) => Ok(daemon.environment()),
            None => Ok(daemon.insert(Docker::start(&work_dir).await?).environment()),
        },
    }
}
