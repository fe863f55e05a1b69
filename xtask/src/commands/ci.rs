//! `ci`: every check of this repository, each a named step with its time.

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

const CONTAINERS: [Check; 4] = [
    Check {
        name: "podman runtime",
        arguments: &["test", "--package", "emulator", "--test", "containers"],
        variables: &[("SPCS_TEST_ENGINE", "podman")],
    },
    Check {
        name: "docker runtime",
        arguments: &["test", "--package", "emulator", "--test", "containers"],
        variables: &[("SPCS_TEST_ENGINE", "docker")],
    },
    Check {
        name: "podman",
        arguments: &["test", "--package", "xtask", "--test", "it"],
        variables: &[("SPCS_TEST_ENGINE", "podman")],
    },
    Check {
        name: "docker",
        arguments: &["test", "--package", "xtask", "--test", "it"],
        variables: &[("SPCS_TEST_ENGINE", "docker")],
    },
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
    for check in checks {
        context.console.say(format!("== {}: cargo {}", check.name, check.arguments.join(" ")));
        let begun = Instant::now();
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(check.arguments)
            .envs(check.variables.iter().copied())
            .envs(engine_environment(context, check)?)
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

/// What the engine of a check needs on this machine. The emulator's own tests call the engine
/// directly and know nothing of such adaptations; where no engine answers, they say so.
fn engine_environment(context: &Context, check: &Check) -> Result<Vec<(String, String)>> {
    let wanted = check.variables.iter().find(|(name, _)| *name == "SPCS_TEST_ENGINE");
    let choice = match wanted {
        Some((_, "podman")) => EngineChoice::Podman,
        Some((_, "docker")) => EngineChoice::Docker,
        _ => return Ok(Vec::new()),
    };
    let engine = deploy::engine::detect(choice, &context.work_dir()?);
    Ok(engine.map(|engine| engine.env).unwrap_or_default())
}
