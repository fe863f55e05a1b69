//! Which engine the platform's services run with. It does not change under them: the next one
//! would start them a second time, with empty volumes.

use std::path::Path;

use anyhow::{Context as _, Result};
use deploy::engine::EngineChoice;
use deploy::error::Kind;
use emulator::{EngineCommand, EngineKind};

use crate::failure::Failure;

/// The platform's form of an engine that was detected.
pub(crate) fn engine_command(engine: &deploy::engine::Engine) -> EngineCommand {
    let kind = match engine.kind {
        deploy::engine::EngineKind::Podman => EngineKind::Podman,
        deploy::engine::EngineKind::Docker => EngineKind::Docker,
    };
    EngineCommand { kind, program: engine.program.clone(), env: engine.env.clone() }
}

/// The engine to start a platform with, which is the one before while there are services.
pub(crate) fn engine_to_start(state_dir: &Path, chosen: EngineChoice) -> Result<EngineChoice> {
    match last_engine(state_dir)? {
        Some(last) if last.has_services => keep(last.kind, chosen).ok_or_else(|| {
            let message = format!("the local platform's services run with {}", last.kind.name());
            refusal(message, last.kind, "`cargo xtask local reset` to begin with nothing")
        }),
        _ => Ok(chosen),
    }
}

/// Refuses another engine than that of the platform that runs.
pub(crate) fn check_running_engine(state_dir: &Path, chosen: EngineChoice) -> Result<()> {
    match last_engine(state_dir)? {
        Some(last) if keep(last.kind, chosen).is_none() => {
            let message = format!("the local platform runs with {}", last.kind.name());
            Err(refusal(message, last.kind, "`cargo xtask local stop` to start it anew"))
        }
        _ => Ok(()),
    }
}

/// The engine that made what a reset takes away.
pub(crate) fn engine_to_reset(state_dir: &Path, chosen: EngineChoice) -> Result<EngineChoice> {
    Ok(last_engine(state_dir)?.map_or(chosen, |last| choice(last.kind)))
}

fn last_engine(state_dir: &Path) -> Result<Option<emulator::LastEngine>> {
    emulator::last_engine(state_dir)
        .with_context(|| format!("reading the local platform's state in `{}`", state_dir.display()))
}

fn choice(kind: EngineKind) -> EngineChoice {
    match kind {
        EngineKind::Podman => EngineChoice::Podman,
        EngineKind::Docker => EngineChoice::Docker,
    }
}

/// The engine of before, unless another was chosen.
fn keep(kind: EngineKind, chosen: EngineChoice) -> Option<EngineChoice> {
    let before = choice(kind);
    (chosen == EngineChoice::Auto || chosen == before).then_some(before)
}

fn refusal(message: String, kind: EngineKind, otherwise: &str) -> anyhow::Error {
    let hint = format!("say `--engine {}`, or {otherwise}", kind.name());
    Failure::new(Kind::Input, format!("cannot take another engine: {message}")).hint(hint).into()
}
