//! Containers through the command line of podman or docker.
//!
//! The platform holds no connection to what it starts: containers run detached and outlive it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OnceCell};

use super::{ContainerRequest, ContainerState, PLATFORM, PullLogin, RuntimeError, VolumeRequest};
use crate::{EngineCommand, EngineKind};

mod abilities;
mod arguments;
mod cli;
mod inspect;
pub(super) mod probe;
mod pull;
mod sweep;

use abilities::Abilities;
use cli::Cli;
pub use sweep::remove_all;

/// What a stop may take beyond the grace of the container.
const STOP_MARGIN: Duration = Duration::from_secs(60);

/// podman or docker, as one platform uses it.
#[derive(Debug, Clone)]
pub struct EngineRuntime {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cli: Cli,
    platform_id: String,
    /// Holds the login for pulls.
    pull_dir: PathBuf,
    abilities: OnceCell<Abilities>,
    /// Networks are made and removed by several services at once.
    networks: Mutex<()>,
}

impl EngineRuntime {
    /// An engine for the platform whose state lies in `state_dir`.
    pub fn new(command: EngineCommand, state_dir: &Path, platform_id: &str) -> EngineRuntime {
        EngineRuntime {
            inner: Arc::new(Inner {
                cli: Cli::new(command, state_dir.to_owned()),
                platform_id: platform_id.to_owned(),
                pull_dir: state_dir.join("pull"),
                abilities: OnceCell::new(),
                networks: Mutex::new(()),
            }),
        }
    }

    fn cli(&self) -> &Cli {
        &self.inner.cli
    }

    fn platform_label(&self) -> String {
        format!("{PLATFORM}={}", self.inner.platform_id)
    }

    /// Asked for until the engine has answered once.
    async fn abilities(&self) -> Result<Abilities, RuntimeError> {
        self.inner.abilities.get_or_try_init(|| abilities::find(self.cli())).await.copied()
    }

    pub(super) async fn is_rootless(&self) -> Result<bool, RuntimeError> {
        Ok(self.abilities().await?.rootless)
    }

    /// An internal network has no way out of this machine. Where its containers could not be
    /// reached from here either, it is an ordinary one.
    pub(super) async fn ensure_network(
        &self,
        name: &str,
        internal: bool,
    ) -> Result<(), RuntimeError> {
        let _one_at_a_time = self.inner.networks.lock().await;
        let doing = format!("making the network {name}");
        if self.cli().succeeds(&["network", "inspect", name]).await {
            return Ok(());
        }
        let label = self.platform_label();
        let mut args = vec!["network", "create", "--label", &label];
        if internal && self.abilities().await?.isolates {
            args.push("--internal");
        }
        args.push(name);
        self.cli().call(&doing, &args).await.map(drop)
    }

    /// Connects a running container to one more network, or takes it off.
    pub(super) async fn connect(
        &self,
        id: &str,
        network: &str,
        connect: bool,
    ) -> Result<(), RuntimeError> {
        let verb = if connect { "connect" } else { "disconnect" };
        self.cli().call(&format!("{verb}ing {id}"), &["network", verb, network, id]).await.map(drop)
    }

    pub(super) async fn remove_unused_network(&self, name: &str) {
        let _one_at_a_time = self.inner.networks.lock().await;
        // The engine refuses while a container is attached, which is the answer that is wanted.
        if let Err(error) = self.cli().call("removing a network", &["network", "rm", name]).await {
            tracing::debug!(%error, name, "network is kept");
        }
    }

    pub(super) async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        let name = request.name.as_str();
        if self.cli().succeeds(&["volume", "inspect", name]).await {
            return Ok(());
        }
        let args = arguments::volume(request, self.cli().kind());
        self.cli().call(&format!("making the volume {name}"), &args).await?;
        if let (EngineKind::Docker, Some(owner), None) =
            (self.cli().kind(), request.owner, request.memory)
        {
            self.own_mountpoint(name, owner).await?;
        }
        Ok(())
    }

    /// docker has no option for a volume's owner; its directory is reached directly.
    async fn own_mountpoint(&self, name: &str, (uid, gid): (u32, u32)) -> Result<(), RuntimeError> {
        let doing = format!("giving the volume {name} to {uid}:{gid}");
        let args = ["volume", "inspect", "--format", "{{.Mountpoint}}", name];
        let directory = self.cli().call(&doing, &args).await?;
        if let Err(error) = std::os::unix::fs::chown(directory.trim(), Some(uid), Some(gid)) {
            tracing::warn!(%error, volume = name, "the volume keeps root as its owner");
        }
        Ok(())
    }

    pub(super) async fn volumes(
        &self,
        labels: &[(&str, &str)],
    ) -> Result<Vec<String>, RuntimeError> {
        let mut args = vec!["volume".to_owned(), "ls".to_owned(), "--quiet".to_owned()];
        for (key, value) in labels {
            args.extend(["--filter".to_owned(), format!("label={key}={value}")]);
        }
        let platform = format!("label={}", self.platform_label());
        args.extend(["--filter".to_owned(), platform]);
        let found = self.cli().call("listing volumes", &args).await?;
        let mut names = Vec::new();
        for name in found.lines() {
            // podman joins label filters by "or", docker by "and": only their common answer counts.
            let args = ["volume", "inspect", "--format", "{{json .Labels}}", name];
            let Ok(text) = self.cli().call("reading a volume's labels", &args).await else {
                continue;
            };
            let have: super::Labels = serde_json::from_str(text.trim()).unwrap_or_default();
            let all = labels.iter().all(|(key, value)| have.get(*key).is_some_and(|v| v == value));
            if all && have.get(PLATFORM) == Some(&self.inner.platform_id) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<(), RuntimeError> {
        let doing = format!("removing the volume {name}");
        self.cli().call(&doing, &["volume", "rm", "--force", name]).await.map(drop)
    }

    pub(super) async fn pull(&self, image: &str, login: &PullLogin) -> Result<(), RuntimeError> {
        if self.cli().succeeds(&["image", "inspect", "--format", "{{.Id}}", image]).await {
            return Ok(());
        }
        pull::pull(self.cli(), &self.inner.pull_dir, image, login).await
    }

    pub(super) async fn remove_unused_image(&self, image: &str) {
        if let Err(error) = self.cli().call("removing an image", &["image", "rm", image]).await {
            tracing::debug!(%error, image, "image is kept");
        }
    }

    pub(super) async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        let args = arguments::start(request, self.abilities().await?, self.cli().kind());
        match self.start(request, &args).await {
            Ok(id) => Ok(id),
            // A container of this name is what an interrupted start has left, or one that was
            // made but could not be started: the next attempt shall find the name free.
            Err(error) => {
                let _ = self.remove(&request.name).await;
                Err(error)
            }
        }
    }

    async fn start(
        &self,
        request: &ContainerRequest,
        args: &[String],
    ) -> Result<String, RuntimeError> {
        let doing = format!("starting {}", request.name);
        let printed = self.cli().call(&doing, args).await?;
        let id = printed.lines().last().unwrap_or_default().trim().to_owned();
        if id.is_empty() {
            return Err(RuntimeError { doing, message: "the engine printed no id".to_owned() });
        }
        let more = arguments::more_networks(request);
        if !more.is_empty() {
            // Created only: its program shall find all networks when it starts.
            for network in more {
                self.connect(&id, network, true).await?;
            }
            self.cli().call(&doing, &["start", &id]).await?;
        }
        Ok(id)
    }

    pub(super) async fn containers(
        &self,
        service: &str,
    ) -> Result<Vec<ContainerState>, RuntimeError> {
        let filter = format!("label={}", self.platform_label());
        let args = ["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter];
        let printed = self.cli().call("listing containers", &args).await?;
        let ids: Vec<String> = printed.split_whitespace().map(str::to_owned).collect();
        let mut found = self.inspect(&ids).await?;
        found.retain(|container| {
            container.label(super::SERVICE) == service
                && container.label(PLATFORM) == self.inner.platform_id
        });
        Ok(found)
    }

    pub(super) async fn inspect(
        &self,
        ids: &[String],
    ) -> Result<Vec<ContainerState>, RuntimeError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec!["container", "inspect"];
        args.extend(ids.iter().map(String::as_str));
        match self.cli().call("looking at containers", &args).await {
            Ok(json) => inspect::parse(&json),
            Err(error) if ids.len() == 1 => {
                // Gone is an answer; anything else is an error.
                if error.message.to_ascii_lowercase().contains("no such") {
                    Ok(Vec::new())
                } else {
                    Err(error)
                }
            }
            Err(_) => {
                let mut found = Vec::new();
                for id in ids {
                    found.extend(Box::pin(self.inspect(std::slice::from_ref(id))).await?);
                }
                Ok(found)
            }
        }
    }

    pub(super) async fn stop(&self, id: &str, grace: Duration) -> Result<(), RuntimeError> {
        let seconds = grace.as_secs().to_string();
        let doing = format!("stopping {id}");
        let command = self.cli().command(&["stop", "-t", &seconds, id]);
        self.cli().finish(&doing, command, grace + STOP_MARGIN).await.map(drop)
    }

    pub(super) async fn remove(&self, id: &str) -> Result<(), RuntimeError> {
        let doing = format!("removing {id}");
        match self.cli().call(&doing, &["rm", "--force", "--volumes", id]).await {
            Err(error) if !error.message.to_ascii_lowercase().contains("no such") => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) async fn logs(
        &self,
        id: &str,
        lines: usize,
        timestamps: bool,
    ) -> Result<String, RuntimeError> {
        let tail = lines.to_string();
        let mut args = vec!["logs", "--tail", &tail];
        if timestamps {
            args.push("--timestamps");
        }
        args.push(id);
        self.cli().call_merged(&format!("reading the logs of {id}"), &args).await
    }
}
