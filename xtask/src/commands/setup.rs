//! `setup`: installs the Debian packages that this machine lacks.

mod packages;

use anyhow::Result;
use rustix::process::geteuid;
use serde_json::json;
use spcs_apply::build::BuildState;
use spcs_apply::engine::{self, EngineChoice, EngineKind};
use spcs_apply::error::Kind;

use crate::cli::Runtime;
use crate::context::Context;
use crate::failure::Failure;
use crate::target::Files;

use packages::{END_TO_END, install};

/// Podman with its network tools and container runtimes.
const PODMAN: [&str; 14] = [
    "podman",
    "runc",
    "crun",
    "conmon",
    "netavark",
    "aardvark-dns",
    "iptables",
    NFTABLES,
    "uidmap",
    "slirp4netns",
    "fuse-overlayfs",
    "catatonit",
    "golang-github-containers-common",
    "ca-certificates",
];

/// Docker's daemon and client.
const DOCKER: [&str; 4] = ["docker.io", "iptables", NFTABLES, "ca-certificates"];

/// Closes containers to other users of the machine, and hosts to containers.
const NFTABLES: &str = "nftables";

/// Builds a base image if no image registry is reachable. Ubuntu lacks Debian's keys.
const BOOTSTRAP: [&str; 2] = ["mmdebstrap", "debian-archive-keyring"];

pub(crate) fn run(context: &Context) -> Result<()> {
    let choice = context.engine(&context.project()?)?;
    let wanted = missing(context, choice, true)?;
    if wanted.is_empty() {
        // All packages are installed: an engine that still fails has another problem.
        engine::detect(choice, &context.work_dir()?).map_err(spcs_apply::Error::from)?;
        context.console.say("nothing to do: this machine has all that is needed");
        return context.console.data(&json!({"installed": []}), "");
    }
    install(context, &wanted)?;
    engine::detect(choice, &context.work_dir()?).map_err(spcs_apply::Error::from)?;
    context.console.data(&json!({"installed": wanted}), "")
}

/// With `--yes`, installs the packages that building or running needs. On other distributions it
/// only lists the missing programs.
pub(crate) fn install_with_yes(context: &Context, files: &Files) -> Result<()> {
    if !context.console.yes() || context.local_runtime() == Runtime::Fake {
        return Ok(());
    }
    let builds = files.images.values().any(|state| matches!(state, BuildState::Stale { .. }));
    let wanted = missing(context, context.engine(&files.project)?, builds)?;
    if wanted.is_empty() {
        return Ok(());
    }
    if !packages::is_debian() {
        let list = program_names(&wanted);
        context.console.say(format!(
            "this machine lacks {list}: install it with the system's package manager"
        ));
        return Ok(());
    }
    install(context, &wanted)
}

/// The packages that this machine lacks.
fn missing(context: &Context, choice: EngineChoice, builds: bool) -> Result<Vec<&'static str>> {
    let mut wanted: Vec<&'static str> = Vec::new();
    match engine::detect(choice, &context.work_dir()?) {
        Err(error) => {
            tracing::info!("no engine works yet: {error}");
            wanted.extend(if choice == EngineChoice::Docker { &DOCKER[..] } else { &PODMAN[..] });
        }
        Ok(engine) => {
            // Only root can change the rules for docker's networks.
            let may_use = engine.kind == EngineKind::Podman || geteuid().is_root();
            if may_use && spcs_local::find_nft().is_none() {
                wanted.push(NFTABLES);
            }
        }
    }
    if builds && (packages::is_debian() || !packages::on_path("mmdebstrap")) {
        wanted.extend(BOOTSTRAP);
    }
    if packages::is_debian() {
        wanted.retain(|package| !packages::is_provided(package));
    }
    Ok(wanted)
}

/// The error for a machine without Debian's package manager.
fn cannot_install(wanted: &[&str]) -> Failure {
    Failure::new(Kind::Machine, "this is not Debian or Ubuntu: nothing was installed")
        .hint(format!("install with your package manager {}", program_names(wanted)))
}

/// Describes packages by the programs they provide: other distributions split packages differently.
fn program_names(wanted: &[&str]) -> String {
    let program = |package: &&str| match *package {
        "podman" => Some("podman (or docker)"),
        "docker.io" => Some("docker"),
        NFTABLES => Some("nft"),
        "mmdebstrap" => Some("mmdebstrap (needed only where no image registry can be reached)"),
        _ => None,
    };
    wanted.iter().filter_map(program).collect::<Vec<_>>().join(" and ")
}

/// Installs everything that the end-to-end tests need, including both engines.
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
    wanted.retain(|package| !packages::is_provided(package));
    if wanted.is_empty() { Ok(()) } else { install(context, &wanted) }
}
