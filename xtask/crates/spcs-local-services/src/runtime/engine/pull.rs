//! Pulling from the platform's own registry, with a login that no other process can see.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;

use super::cli::Cli;
use crate::EngineKind;
use crate::runtime::{PullLogin, RuntimeError};

/// Gigabytes come over loopback, but some storage drivers are slow to unpack them.
const LIMIT: Duration = Duration::from_secs(3600);

pub(super) async fn pull(
    cli: &Cli,
    directory: &Path,
    image: &str,
    login: &PullLogin,
) -> Result<(), RuntimeError> {
    let doing = format!("pulling {image}");
    write_login(directory, login).map_err(|error| RuntimeError {
        doing: doing.clone(),
        message: format!("cannot write the login to {}: {error}", directory.display()),
    })?;
    record(directory, image).map_err(|error| RuntimeError {
        doing: doing.clone(),
        message: format!("cannot write to {}: {error}", directory.display()),
    })?;
    let command = match cli.kind() {
        EngineKind::Podman => {
            let file = directory.join("config.json");
            let mut command = cli.command(&["pull", "--quiet", "--tls-verify=false", "--authfile"]);
            command.arg(file).arg(image);
            command
        }
        // docker takes the registries of 127.0.0.0/8 as insecure ones by itself.
        EngineKind::Docker => {
            let mut command = cli.command(&["--config"]);
            command.arg(directory).args(["pull", "--quiet", image]);
            // The choice of a daemon made by `docker context` lies in the user's own directory,
            // which is not read with `--config`.
            if !cli.has_env("DOCKER_HOST") {
                let args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
                if let Ok(host) = cli.call("asking for docker's context", &args).await
                    && !host.trim().is_empty()
                {
                    command.env("DOCKER_HOST", host.trim());
                }
            }
            command
        }
    };
    // A pull that nobody waits for any more, because the service has changed, ends with its call.
    cli.finish(&doing, command, LIMIT).await.map(drop)
}

/// The format is docker's `config.json`, which podman reads as well.
fn write_login(directory: &Path, login: &PullLogin) -> std::io::Result<()> {
    let auth = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", login.username, login.password));
    let text = serde_json::json!({"auths": {&login.registry: {"auth": auth}}}).to_string();
    let path = directory.join("config.json");
    if fs_err::read_to_string(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let fresh = directory.join(format!("config.json.{}", uuid::Uuid::new_v4()));
    let mut file =
        fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    fs_err::rename(fresh, path)
}

const RECORD: &str = "images";

/// Notes that an image was brought in, so that a reset of the platform can take it away.
fn record(directory: &Path, image: &str) -> std::io::Result<()> {
    if pulled(directory).iter().any(|known| known == image) {
        return Ok(());
    }
    let mut file =
        fs_err::OpenOptions::new().append(true).create(true).open(directory.join(RECORD))?;
    file.write_all(format!("{image}\n").as_bytes())
}

/// All images that were brought in, also those that are gone again.
pub(super) fn pulled(directory: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(directory.join(RECORD)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
