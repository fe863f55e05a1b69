//! Taking away everything that a platform has made in an engine.

use std::process::Command;

use crate::EngineCommand;
use crate::runtime::{PLATFORM, RuntimeError};

/// Removes the containers, networks, volumes and images of a platform that is not running.
pub fn remove_all(engine: &EngineCommand, platform_id: &str) -> Result<(), RuntimeError> {
    let filter = format!("label={PLATFORM}={platform_id}");
    let containers = list(engine, &["ps", "--all", "--quiet", "--filter", &filter])?;
    let mut images: Vec<String> = Vec::new();
    for id in &containers {
        let args = ["container", "inspect", "--format", "{{.Config.Image}}", id];
        images.extend(list(engine, &args).unwrap_or_default());
        call(engine, &["rm", "--force", "--volumes", id])?;
    }
    for network in list(engine, &["network", "ls", "--quiet", "--filter", &filter])? {
        call(engine, &["network", "rm", &network])?;
    }
    for volume in list(engine, &["volume", "ls", "--quiet", "--filter", &filter])? {
        call(engine, &["volume", "rm", "--force", &volume])?;
    }
    images.sort();
    images.dedup();
    for image in images {
        // An image that something else uses stays.
        if let Err(error) = call(engine, &["image", "rm", &image]) {
            tracing::debug!(%error, image, "image is kept");
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
        let message = stderr.trim().lines().last().unwrap_or_default().to_owned();
        Err(RuntimeError { doing, message })
    }
}
