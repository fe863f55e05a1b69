//! `setup`: what this machine lacks, from Debian's packages.

mod packages;

use anyhow::Result;
use serde_json::json;
use spcs_apply::build::BuildState;
use spcs_apply::engine::{self, EngineChoice};
use spcs_apply::error::Kind;

use crate::cli::Runtime;
use crate::context::Context;
use crate::failure::Failure;
use crate::target::Files;

use packages::{END_TO_END, install};

/// Podman with its network parts, and what runs containers for it.
const PODMAN: [&str; 12] = [
    "podman",
    "runc",
    "crun",
    "conmon",
    "netavark",
    "aardvark-dns",
    "iptables",
    "uidmap",
    "fuse-overlayfs",
    "catatonit",
    "golang-github-containers-common",
    "ca-certificates",
];

/// Docker's daemon and client.
const DOCKER: [&str; 3] = ["docker.io", "iptables", "ca-certificates"];

/// Makes a base image where no image registry can be reached; Ubuntu lacks Debian's keys.
const BOOTSTRAP: [&str; 2] = ["mmdebstrap", "debian-archive-keyring"];

pub(crate) fn run(context: &Context) -> Result<()> {
    let choice = context.engine(&context.project()?)?;
    let wanted = missing(context, choice, true)?;
    if wanted.is_empty() {
        // With every package there, an engine that does not work lacks something else.
        engine::detect(choice, &context.work_dir()?).map_err(spcs_apply::Error::from)?;
        context.console.say("nothing to do: this machine has all that is needed");
        return context.console.data(&json!({"installed": []}), "");
    }
    install(context, &wanted)?;
    engine::detect(choice, &context.work_dir()?).map_err(spcs_apply::Error::from)?;
    context.console.data(&json!({"installed": wanted}), "")
}

/// With `--yes`, installs what building or running would fail without, or says what that is where
/// the packages are not Debian's.
pub(crate) fn when_asked(context: &Context, files: &Files) -> Result<()> {
    if !context.console.yes() || context.local_runtime() == Runtime::Fake {
        return Ok(());
    }
    let builds = files.images.values().any(|state| matches!(state, BuildState::Stale { .. }));
    let wanted = missing(context, context.engine(&files.project)?, builds)?;
    if wanted.is_empty() {
        return Ok(());
    }
    if !packages::is_debian() {
        let list = by_their_programs(&wanted);
        context.console.say(format!("this machine lacks {list}: install it by its own means"));
        return Ok(());
    }
    install(context, &wanted)
}

/// The packages that would give this machine what it lacks.
fn missing(context: &Context, choice: EngineChoice, builds: bool) -> Result<Vec<&'static str>> {
    let mut wanted: Vec<&'static str> = Vec::new();
    if let Err(error) = engine::detect(choice, &context.work_dir()?) {
        tracing::info!("no engine works yet: {error}");
        wanted.extend(if choice == EngineChoice::Docker { &DOCKER[..] } else { &PODMAN[..] });
    }
    if builds && (packages::is_debian() || !packages::on_path("mmdebstrap")) {
        wanted.extend(BOOTSTRAP);
    }
    if packages::is_debian() {
        wanted.retain(|package| !packages::is_there(package));
    }
    Ok(wanted)
}

/// The error for a machine whose packages we do not know how to install.
fn cannot_install(wanted: &[&str]) -> Failure {
    Failure::new(Kind::Machine, "this is not Debian or Ubuntu: nothing was installed")
        .hint(format!("install with your package manager {}", by_their_programs(wanted)))
}

/// What a machine lacks that has no packages of Debian's: how those are cut means nothing there.
fn by_their_programs(wanted: &[&str]) -> String {
    let program = |package: &&str| match *package {
        "podman" => Some("podman (or docker)"),
        "docker.io" => Some("docker"),
        "mmdebstrap" => Some("mmdebstrap (needed only where no image registry can be reached)"),
        _ => None,
    };
    wanted.iter().filter_map(program).collect::<Vec<_>>().join(" and ")
}

/// Everything that the end-to-end tests need, both engines among it.
pub(crate) fn for_end_to_end(context: &Context) -> Result<()> {
    let mut wanted: Vec<&'static str> = PODMAN.to_vec();
    wanted.extend(BOOTSTRAP);
    wanted.extend(END_TO_END);
    wanted.sort_unstable();
    wanted.dedup();
    if !packages::is_debian() {
        context.console.say(format!("the end-to-end tests need: {}", wanted.join(" ")));
        return Ok(());
    }
    wanted.retain(|package| !packages::is_there(package));
    if wanted.is_empty() { Ok(()) } else { install(context, &wanted) }
}
