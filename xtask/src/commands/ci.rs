//! `ci`: every check of this repository, each a named step with its time.

mod docker;

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};
use deploy::engine::EngineChoice;
use deploy::error::Kind;
use serde_json::json;

use crate::cli::Ci;
use crate::commands::setup;
use crate::console::{Table, time};
use crate::context::Context;
use crate::failure::Failure;

use docker::Docker;

/// A command of the checks, with the variables it runs with.
struct Check {
    name: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

const QUICK: [Check; 4] = [
    Check { name: "format", arguments: &["fmt", "--all", "--check"], variables: &[] },
    Check {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"],
        variables: &[],
    },
    Check { name: "plan", arguments: &["test", "--package", "plan"], variables: &[] },
    Check { name: "workspace", arguments: &["test", "--workspace"], variables: &[] },
];

const RUNTIME: &[&str] = &["test", "--package", "emulator", "--test", "containers"];
const END_TO_END: &[&str] = &["test", "--package", "xtask", "--test", "it"];
const PODMAN: &[(&str, &str)] = &[("SPCS_TEST_ENGINE", "podman")];
const DOCKER: &[(&str, &str)] = &[("SPCS_TEST_ENGINE", "docker")];

const CONTAINERS: [Check; 4] = [
    Check { name: "podman runtime", arguments: RUNTIME, variables: PODMAN },
    Check { name: "podman end to end", arguments: END_TO_END, variables: PODMAN },
    Check { name: "docker runtime", arguments: RUNTIME, variables: DOCKER },
    Check { name: "docker end to end", arguments: END_TO_END, variables: DOCKER },
];

pub(crate) fn run(context: &Context, args: Ci) -> Result<()> {
    let root = context.root()?;
    let mut table = Table::new(&["check", "result", "time"]);
    let mut steps = Vec::new();
    let mut failed = Vec::new();
    let mut checks: Vec<&Check> = QUICK.iter().collect();
    if !args.quick {
        setup::for_end_to_end(context)?;
        checks.extend(&CONTAINERS);
    }
    let mut daemon = None;
    for check in checks {
        context.console.say(format!("== {}: cargo {}", check.name, check.arguments.join(" ")));
        let begun = Instant::now();
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(check.arguments)
            .envs(check.variables.iter().copied())
            .envs(engine_environment(context, check, &mut daemon)?)
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(Stdio::from(std::io::stderr()))
            .status()
            .context("running cargo")?;
        let took = begun.elapsed();
        table.row([check.name, if status.success() { "ok" } else { "failed" }, &time(took)]);
        steps.push(
            json!({"check": check.name, "ok": status.success(), "seconds": took.as_secs_f64()}),
        );
        if !status.success() {
            failed.push(check.name);
        }
        if context.cancel.is_cancelled() {
            return Err(Failure::new(Kind::Interrupted, "interrupted").into());
        }
    }
    context.console.data(&json!({"checks": steps}), table.render())?;
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Kind::Internal, format!("checks failed: {}", failed.join(", "))).into())
}

/// What the engine of a check needs on this machine: podman its settings, docker a daemon. The
/// emulator's own tests call the engine directly and know nothing of such adaptations.
fn engine_environment(
    context: &Context,
    check: &Check,
    daemon: &mut Option<Docker>,
) -> Result<Vec<(String, String)>> {
    match check.variables {
        PODMAN => {
            let engine = deploy::engine::detect(EngineChoice::Podman, &context.work_dir()?);
            Ok(engine.map_err(deploy::Error::from)?.env)
        }
        DOCKER => {
            if daemon.is_none() {
                *daemon = Some(Docker::start(&context.work_dir()?)?);
            }
            Ok(daemon.as_ref().map(Docker::environment).unwrap_or_default())
        }
        _ => Ok(Vec::new()),
    }
}
