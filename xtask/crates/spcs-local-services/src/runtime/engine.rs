//! The podman or docker runtime, controlled through the engine's command line.
//!
//! Containers run detached and outlive the platform.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OnceCell};

use super::{ContainerRequest, ContainerState, PLATFORM, PullLogin, RuntimeError, VolumeRequest};
use crate::container_address::ContainerAddress;
use crate::gate::{Gate, GateCommand};
use crate::network::nft::Nft;
use crate::{EngineCommand, EngineKind};

mod arguments;
mod capabilities;
mod cleanup;
mod cli;
mod gateway;
mod inspect;
mod networks;
pub(super) mod probe;
mod pull;

use capabilities::Capabilities;
pub use cleanup::remove_all;
use cli::Cli;
pub use networks::exposure;

/// Time limit for a stop, in addition to the container's grace period.
const STOP_MARGIN: Duration = Duration::from_secs(60);

/// The podman or docker runtime of one platform.
#[derive(Debug, Clone)]
pub struct EngineRuntime {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cli: Cli,
    platform_id: String,
    state_dir: PathBuf,
    /// Holds the registry credentials and the list of pulled images.
    pull_dir: PathBuf,
    capabilities: OnceCell<Capabilities>,
    /// The `nft` that changes the firewall rules; `None` where this machine cannot enforce any.
    nft: OnceCell<Option<Nft>>,
    /// Leads to the containers of a rootless podman.
    gate: Option<Arc<Gate>>,
    /// Serialises the creation and removal of networks by concurrent service tasks.
    networks: Mutex<()>,
}

/// The words that run a command in the network namespace of a rootless podman's containers.
fn in_rootless_namespace(command: &EngineCommand) -> Vec<OsString> {
    vec![command.program.clone().into(), "unshare".into(), "--rootless-netns".into()]
}

impl EngineRuntime {
    /// The engine's runtime. Without the command of a gate, a rootless podman publishes ports.
    pub fn new(
        command: EngineCommand,
        state_dir: &Path,
        platform_id: &str,
        gate: Option<GateCommand>,
    ) -> EngineRuntime {
        let gate = gate.filter(|_| command.kind == EngineKind::Podman).map(|gate| {
            let inside = in_rootless_namespace(&command);
            Arc::new(Gate::new(gate, inside, command.env.clone(), state_dir))
        });
        EngineRuntime {
            inner: Arc::new(Inner {
                cli: Cli::new(command, state_dir.to_owned()),
                platform_id: platform_id.to_owned(),
                state_dir: state_dir.to_owned(),
                pull_dir: state_dir.join("pull"),
                capabilities: OnceCell::new(),
                nft: OnceCell::new(),
                gate,
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

    /// Detected once; a failed detection is retried on the next call.
    async fn capabilities(&self) -> Result<Capabilities, RuntimeError> {
        let detect = || capabilities::detect(self.cli(), self.inner.gate.is_some());
        self.inner.capabilities.get_or_try_init(detect).await.copied()
    }

    pub(super) async fn has_gate(&self) -> Result<bool, RuntimeError> {
        Ok(self.capabilities().await?.gate)
    }

    /// How to connect to an address of a container.
    pub(super) fn reach(&self, address: SocketAddr) -> ContainerAddress {
        let gate = self.inner.capabilities.get().is_some_and(|known| known.gate);
        ContainerAddress::new(address, self.inner.gate.clone().filter(|_| gate))
    }

    pub(super) async fn is_rootless(&self) -> Result<bool, RuntimeError> {
        Ok(self.capabilities().await?.rootless)
    }

    pub(super) async fn mounts_from_host(&self) -> Result<bool, RuntimeError> {
        Ok(self.capabilities().await?.internal_networks)
    }

    pub(super) async fn ensure_volume(&self, request: &VolumeRequest) -> Result<(), RuntimeError> {
        let name = request.name.as_str();
        if self.cli().succeeds(&["volume", "inspect", name]).await {
            return Ok(());
        }
        let args = arguments::volume(request, self.cli().kind());
        self.cli().call(&format!("creating the volume {name}"), &args).await?;
        if let (EngineKind::Docker, Some(owner), None) =
            (self.cli().kind(), request.owner, request.memory)
        {
            self.set_volume_owner(name, owner).await?;
        }
        Ok(())
    }

    /// Changes the owner of the volume's directory, because docker has no option for that.
    async fn set_volume_owner(
        &self,
        name: &str,
        (uid, gid): (u32, u32),
    ) -> Result<(), RuntimeError> {
        let doing = format!("changing the owner of the volume {name} to {uid}:{gid}");
        let args = ["volume", "inspect", "--format", "{{.Mountpoint}}", name];
        let directory = self.cli().call(&doing, &args).await?;
        if let Err(error) = std::os::unix::fs::chown(directory.trim(), Some(uid), Some(gid)) {
            tracing::warn!(%error, volume = name, "cannot change the owner of the volume");
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
        let printed = self.cli().call("listing volumes", &args).await?;
        let mut names = Vec::new();
        for name in printed.lines() {
            // podman combines label filters with "or", docker with "and", so check the labels here.
            let args = ["volume", "inspect", "--format", "{{json .Labels}}", name];
            let Ok(text) = self.cli().call("reading a volume's labels", &args).await else {
                continue;
            };
            let actual: super::Labels = serde_json::from_str(text.trim()).unwrap_or_default();
            let all =
                labels.iter().all(|(key, value)| actual.get(*key).is_some_and(|v| v == value));
            if all && actual.get(PLATFORM) == Some(&self.inner.platform_id) {
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
            tracing::debug!(%error, image, "image not removed");
        }
    }

    pub(super) async fn run(&self, request: &ContainerRequest) -> Result<String, RuntimeError> {
        let args = arguments::start(request, self.capabilities().await?, self.cli().kind());
        match self.start(request, &args).await {
            Ok(id) => Ok(id),
            // Remove a container that an interrupted or failed start has left, so that its name is
            // free for the next attempt.
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
            return Err(RuntimeError {
                doing,
                message: "the engine did not print a container id".to_owned(),
            });
        }
        let networks = arguments::additional_networks(request);
        if !networks.is_empty() {
            // Connect all networks before the container's program starts.
            for network in networks {
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
            container.label(super::SERVICE_KEY) == service
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
        match self.cli().call("inspecting containers", &args).await {
            Ok(json) => inspect::parse(&json),
            Err(error) if ids.len() == 1 => {
                // A missing container is not an error.
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
