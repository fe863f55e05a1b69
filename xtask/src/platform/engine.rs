//! Selects the engine that runs the platform's services. The engine cannot change while services
//! exist: another one would start them a second time, with empty volumes.

use std::path::Path;

use anyhow::{Context as _, Result};
use spcs_apply::engine::EngineChoice;
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, EngineKind};

use super::stop;
use crate::failure::Failure;

/// Converts a detected engine to the platform's type.
pub(crate) fn engine_command(engine: &spcs_apply::engine::Engine) -> EngineCommand {
    let kind = match engine.kind {
        spcs_apply::engine::EngineKind::Podman => EngineKind::Podman,
        spcs_apply::engine::EngineKind::Docker => EngineKind::Docker,
    };
    EngineCommand { kind, program: engine.program.clone(), env: engine.env.clone() }
}

/// The engine to start a platform with: the previous one while services exist. Stops a running
/// platform that has another engine and no services.
///
/// # Errors
/// If the chosen engine is not the one that runs the existing services.
pub(crate) async fn engine_to_start(
    state_dir: &Path,
    chosen: EngineChoice,
) -> Result<EngineChoice> {
    let Some(last) = last_engine(state_dir)? else { return Ok(chosen) };
    let has_services = spcs_local::has_services(state_dir)?;
    match previous(last, chosen) {
        Some(before) if has_services => Ok(before),
        Some(_) => Ok(chosen),
        None if has_services => {
            let name = last.name();
            let message =
                format!("cannot change the engine: the local platform's services run with {name}");
            let hint = format!(
                "pass `--engine {name}`, or run `cargo xtask local reset` to start from scratch"
            );
            Err(Failure::new(Kind::Input, message).hint(hint).into())
        }
        None => {
            stop(state_dir).await?;
            Ok(chosen)
        }
    }
}

/// The engine that created the containers, networks and volumes that a reset removes.
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

/// The previous engine, unless another one was chosen.
fn previous(kind: EngineKind, chosen: EngineChoice) -> Option<EngineChoice> {
    let before = choice(kind);
    (chosen == EngineChoice::Auto || chosen == before).then_some(before)
}
