//! Removal of everything that a platform has created in an engine.

use std::path::Path;
use std::process::Command;

use super::in_rootless_namespace;
use crate::network::nft::{self, Nft};
use crate::network::table;
use crate::runtime::{PLATFORM, RuntimeError, platform_id, stage_mounts};
use crate::{EngineCommand, EngineKind};

/// Removes the containers, networks, firewall rules, volumes and images of the platform with this state directory.
/// The platform must not be running.
pub fn remove_all(engine: &EngineCommand, state_dir: &Path) -> Result<(), RuntimeError> {
    let id = platform_id(state_dir);
    let filter = format!("label={PLATFORM}={id}");
    let containers = list(engine, &["ps", "--all", "--quiet", "--filter", &filter])?;
    // A suspended service has no containers, so its images are only known from the pull record.
    let mut images = super::pull::recorded_images(&state_dir.join("pull"));
    for id in &containers {
        let args = ["container", "inspect", "--format", "{{.Config.Image}}", id];
        images.extend(list(engine, &args).unwrap_or_default());
    }
    remove_containers(engine, containers)?;
    stage_mounts::remove_all(&id).map_err(|error| RuntimeError {
        doing: "removing the mounts of stages".to_owned(),
        message: error.to_string(),
    })?;
    for network in list(engine, &["network", "ls", "--quiet", "--filter", &filter])? {
        call(engine, &["network", "rm", &network])?;
    }
    if let Some(nft) = nft_of(engine)
        && let Err(error) = nft::delete(&nft, &table(&platform_id(state_dir)))
    {
        tracing::warn!(%error, "cannot delete the firewall rules of the containers");
    }
    for volume in list(engine, &["volume", "ls", "--quiet", "--filter", &filter])? {
        call(engine, &["volume", "rm", "--force", &volume])?;
    }
    images.sort();
    images.dedup();
    for image in images {
        // An image that is still in use cannot be removed.
        if let Err(error) = call(engine, &["image", "rm", &image]) {
            tracing::debug!(%error, image, "image not removed");
        }
    }
    Ok(())
}

/// The `nft` of the namespace with the engine's networks, if the platform may have made rules there.
fn nft_of(engine: &EngineCommand) -> Option<Nft> {
    let nft = nft::find()?;
    if rustix::process::geteuid().is_root() {
        return Some(Nft::here(nft));
    }
    let words = [in_rootless_namespace(engine), vec![nft.into()]].concat();
    (engine.kind == EngineKind::Podman).then(|| Nft { words, env: engine.env.clone() })
}

/// Removes all containers. The engine refuses to remove one while others use its network, so this
/// retries as long as there is progress.
fn remove_containers(engine: &EngineCommand, mut left: Vec<String>) -> Result<(), RuntimeError> {
    while !left.is_empty() {
        let before = left.len();
        let mut refused = None;
        left.retain(|id| match call(engine, &["rm", "--force", "--volumes", id]) {
            Ok(_) => false,
            Err(error) => {
                refused = Some(error);
                true
            }
        });
        if let (true, Some(error)) = (left.len() == before, refused) {
            return Err(error);
        }
    }
    Ok(())
}

fn list(engine: &EngineCommand, args: &[&str]) -> Result<Vec<String>, RuntimeError> {
    let printed = call(engine, args)?;
    let mut names: Vec<String> = Vec::new();
    for name in printed.split_whitespace() {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn call(engine: &EngineCommand, args: &[&str]) -> Result<String, RuntimeError> {
    let doing = format!("{} {}", engine.program.display(), args.join(" "));
    let output = Command::new(&engine.program)
        .args(args)
        .envs(engine.env.iter().map(|(key, value)| (key, value)))
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| RuntimeError { doing: doing.clone(), message: error.to_string() })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let message = super::cli::cause(&stderr).unwrap_or_default().to_owned();
        Err(RuntimeError { doing, message })
    }
}
