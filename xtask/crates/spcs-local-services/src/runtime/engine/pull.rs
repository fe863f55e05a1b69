//! Pulling from the platform's registry, with credentials that other users cannot read.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;

use super::cli::Cli;
use crate::EngineKind;
use crate::runtime::{PullLogin, RuntimeError};

/// Images come over loopback, but some storage drivers unpack them slowly.
const TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) async fn pull(
    cli: &Cli,
    directory: &Path,
    image: &str,
    login: &PullLogin,
) -> Result<(), RuntimeError> {
    let doing = format!("pulling {image}");
    write_credentials(directory, login).map_err(|error| RuntimeError {
        doing: doing.clone(),
        message: format!("cannot write the credentials to {}: {error}", directory.display()),
    })?;
    record(directory, image).map_err(|error| RuntimeError {
        doing: doing.clone(),
        message: format!("cannot record the image in {}: {error}", directory.display()),
    })?;
    let command = match cli.kind() {
        EngineKind::Podman => {
            let file = directory.join("config.json");
            let mut command = cli.command(&["pull", "--quiet", "--tls-verify=false", "--authfile"]);
            command.arg(file).arg(image);
            command
        }
        // docker uses plain HTTP for registries in 127.0.0.0/8 by default.
        EngineKind::Docker => {
            let mut command = cli.command(&["--config"]);
            command.arg(directory).args(["pull", "--quiet", image]);
            // With `--config`, docker ignores the user's configuration and thus the daemon that
            // `docker context` selected.
            if !cli.has_env("DOCKER_HOST") {
                let args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
                if let Ok(host) = cli.call("reading docker's context", &args).await
                    && !host.trim().is_empty()
                {
                    command.env("DOCKER_HOST", host.trim());
                }
            }
            command
        }
    };
    // If the service changes in the meantime, this future is dropped, which kills the pull.
    cli.finish(&doing, command, TIMEOUT).await.map(drop)
}

/// Writes the credentials in the format of docker's `config.json`, which podman also supports.
fn write_credentials(directory: &Path, login: &PullLogin) -> std::io::Result<()> {
    let auth = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", login.username, login.password));
    let text = serde_json::json!({"auths": {&login.registry: {"auth": auth}}}).to_string();
    let path = directory.join("config.json");
    if fs_err::read_to_string(&path).is_ok_and(|current| current == text) {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = directory.join(format!("config.json.{}", uuid::Uuid::new_v4()));
    let mut file =
        fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    fs_err::rename(temporary, path)
}

const RECORD: &str = "images";

/// Records a pulled image, so that a reset of the platform can remove it.
fn record(directory: &Path, image: &str) -> std::io::Result<()> {
    if recorded_images(directory).iter().any(|known| known == image) {
        return Ok(());
    }
    let mut file =
        fs_err::OpenOptions::new().append(true).create(true).open(directory.join(RECORD))?;
    file.write_all(format!("{image}\n").as_bytes())
}

/// All images that were ever pulled, including removed ones.
pub(super) fn recorded_images(directory: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(directory.join(RECORD)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
