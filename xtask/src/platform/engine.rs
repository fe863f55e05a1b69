//! Which engine the platform's services run with. It does not change under them: the next one
//! would start them a second time, with empty volumes.

use std::path::Path;

use anyhow::{Context as _, Result};
use spcs_apply::engine::EngineChoice;
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, EngineKind};

use super::stop;
use crate::failure::Failure;

/// The platform's form of an engine that was detected.
pub(crate) fn engine_command(engine: &spcs_apply::engine::Engine) -> EngineCommand {
    let kind = match engine.kind {
        spcs_apply::engine::EngineKind::Podman => EngineKind::Podman,
        spcs_apply::engine::EngineKind::Docker => EngineKind::Docker,
    };
    EngineCommand { kind, program: engine.program.clone(), env: engine.env.clone() }
}

/// The engine to start a platform with: the one before while there are services. A platform that
/// runs with another engine and keeps no service makes way.
///
/// # Errors
/// When another engine was chosen than the one that runs the services.
pub(crate) async fn engine_to_start(
    state_dir: &Path,
    chosen: EngineChoice,
) -> Result<EngineChoice> {
    let Some(last) = last_engine(state_dir)? else { return Ok(chosen) };
    let has_services = spcs_local::has_services(state_dir)?;
    match keep(last, chosen) {
        Some(before) if has_services => Ok(before),
        Some(_) => Ok(chosen),
        None if has_services => {
            let name = last.name();
            let message = format!(
                "cannot take another engine: the local platform's services run with {name}"
            );
            let hint = format!(
                "say `--engine {name}`, or `cargo xtask local reset` to begin with nothing"
            );
            Err(Failure::new(Kind::Input, message).hint(hint).into())
        }
        None => {
            stop(state_dir).await?;
            Ok(chosen)
        }
    }
}

/// The engine that made what a reset takes away.
pub(crate) fn engine_to_reset(state_dir: &Path, chosen: EngineChoice) -> Result<EngineChoice> {
    Ok(last_engine(state_dir)?.map_or(chosen, choice))
}

fn last_engine(state_dir: &Path) -> Result<Option<EngineKind>> {
    spcs_local::last_engine(state_dir)
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
