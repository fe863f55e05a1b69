//! Provides the base image of a Dockerfile (`ARG BASE`): from the engine's store, from its registry
//! if that can be reached, or else bootstrapped from Debian packages.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::BuildRequest;
use super::bootstrap::Recipe;
use super::error::{self, BuildError};
use super::{reach, run};
use crate::child;
use crate::engine::{Engine, EngineKind};
use crate::progress::Progress;

/// The base image of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Base {
    /// The image with this reference, from a registry.
    Pulled(String),
    /// An image bootstrapped on this machine by the recipe with this hash.
    Bootstrapped(String),
}

impl Base {
    /// The image's name in the engine's store.
    pub(super) fn image(&self) -> String {
        match self {
            Base::Pulled(reference) => reference.clone(),
            Base::Bootstrapped(hash) => format!("localhost/spcs-base:{hash}"),
        }
    }

    /// Whether the base is still current. A bootstrapped image contains this machine's settings,
    /// which may have changed.
    pub(super) fn is_current(&self, reference: &str) -> bool {
        match self {
            Base::Pulled(pulled) => pulled == reference,
            Base::Bootstrapped(hash) => {
                Recipe::for_reference(reference).is_some_and(|recipe| recipe.hash() == *hash)
            }
        }
    }
}

/// Ensures that the engine has a base image for the reference.
pub(super) fn provide(
    engine: &Engine,
    request: &BuildRequest,
    reference: &str,
    progress: &dyn Progress,
) -> Result<Base, BuildError> {
    let pulled = Base::Pulled(reference.to_owned());
    if has(engine, reference) {
        return Ok(pulled);
    }
    let recipe = Recipe::for_reference(reference);
    // An existing bootstrapped image means that the registry could not be reached before; do not
    // try again for each build.
    if let Some(recipe) = &recipe {
        let bootstrapped = Base::Bootstrapped(recipe.hash());
        if has(engine, &bootstrapped.image()) {
            return Ok(bootstrapped);
        }
    }
    let failed =
        |problem: String, hint| BuildError::Base { reference: reference.to_owned(), problem, hint };
    let disk_full = || error::disk_full(&request.work_dir);
    let problem = match reach::check_registry(reference) {
        Ok(()) => match pull(engine, request, reference, progress) {
            Ok(()) => return Ok(pulled),
            Err(said) if error::is_disk_full(&said) => return Err(disk_full()),
            Err(said) => said,
        },
        Err(problem) => problem,
    };
    let Some(recipe) = recipe else {
        return Err(failed(
            problem,
            "only Debian images can be made from packages; this one needs its registry",
        ));
    };
    tracing::info!(image = request.name, base = reference, %problem, "making the base image from Debian packages");
    let log = log_path(&request.work_dir, "base");
    match recipe.make(engine, &request.work_dir, &log, progress) {
        Ok(()) => Ok(Base::Bootstrapped(recipe.hash())),
        Err(said) if error::is_disk_full(&said) => Err(disk_full()),
        Err(said) => Err(failed(
            format!("{problem}; and it could not be made from Debian packages: {said}"),
            "see the log in target/spcs/logs; mmdebstrap is installed by `cargo xtask setup`",
        )),
    }
}

/// Whether the image is in the engine's store.
pub(super) fn has(engine: &Engine, image: &str) -> bool {
    let call = engine.command(["image", "inspect", "--format", "{{.Id}}", image]);
    child::output(&call).is_ok_and(|output| output.status.success())
}

/// The log file of a build step.
pub(super) fn log_path(work_dir: &Path, name: &str) -> std::path::PathBuf {
    work_dir.join("logs").join(format!("build-{name}.log"))
}

fn pull(
    engine: &Engine,
    request: &BuildRequest,
    reference: &str,
    progress: &dyn Progress,
) -> Result<(), String> {
    // For a short name, podman tries its configured registries and docker only Docker Hub.
    let name = match engine.kind {
        EngineKind::Podman => reach::full_name(reference),
        EngineKind::Docker => reference.to_owned(),
    };
    let call = engine.command(["pull", "--platform", "linux/amd64", &name]);
    let log = log_path(&request.work_dir, &format!("{}-pull", request.name));
    match run::logged(&call, &request.name, &log, progress) {
        Ok(ran) if ran.ok => Ok(()),
        Ok(ran) => Err(format!("pulling it failed: {}", ran.reason("Error"))),
        Err(error) => Err(format!("pulling it failed: {error}")),
    }
}
