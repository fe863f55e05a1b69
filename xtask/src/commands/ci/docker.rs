//! Starts a Docker daemon for the tests if none is running, as on a machine without an init system.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use spcs_apply::error::Kind;
use tempfile::TempDir;

use crate::failure::Failure;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running daemon: the machine's, or one that this value started and stops when dropped.
pub(super) struct Docker {
    own: Option<OwnDaemon>,
}

struct OwnDaemon {
    daemon: Child,
    /// The private directory of the socket, whose path must be short.
    folder: TempDir,
}

impl Docker {
    /// Uses the machine's daemon or starts one that stores its images under the work directory.
    pub(super) async fn start(work_dir: &Path) -> Result<Docker> {
        if answers(None) {
            return Ok(Docker { own: None });
        }
        let only_ours = std::fs::Permissions::from_mode(0o700);
        let folder =
            tempfile::Builder::new().prefix("spcs-docker-").permissions(only_ours).tempdir();
        let folder = folder.context("making a folder for the Docker daemon's socket")?;
        let kept = work_dir.join("docker");
        fs_err::create_dir_all(&kept)?;
        let log = fs_err::File::create(kept.join("dockerd.log"))?.into_file();
        let daemon = Command::new("dockerd")
            .args(["--host", &host(folder.path())])
            .arg("--data-root")
            .arg(kept.join("data"))
            .arg("--exec-root")
            .arg(folder.path().join("exec"))
            .arg("--pidfile")
            .arg(folder.path().join("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| {
                Failure::new(Kind::Machine, format!("cannot start the Docker daemon: {error}"))
                    .hint("install Docker, or start its daemon: `dockerd` must be on the PATH")
            })?;
        let mut docker = Docker { own: Some(OwnDaemon { daemon, folder }) };
        docker.wait(&kept.join("dockerd.log")).await?;
        Ok(docker)
    }

    /// The environment variables for its clients.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let own = self.own.iter();
        own.map(|own| ("DOCKER_HOST".to_owned(), host(own.folder.path()))).collect()
    }

    async fn wait(&mut self, log: &Path) -> Result<()> {
        let Some(own) = &mut self.own else { return Ok(()) };
        let begun = Instant::now();
        while !answers(Some(own.folder.path())) {
            if own.daemon.try_wait()?.is_some() || begun.elapsed() > START_LIMIT {
                let failure = Failure::new(Kind::Machine, "the Docker daemon does not start");
                return Err(failure.hint(format!("see `{}`", log.display())).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        if let Some(mut own) = self.own.take() {
            // An error means that the daemon has already exited.
            let pid = i32::try_from(own.daemon.id()).ok().and_then(Pid::from_raw);
            pid.and_then(|pid| kill_process(pid, Signal::TERM).ok());
            own.daemon.wait().ok();
        }
    }
}

fn host(folder: &Path) -> String {
    format!("unix://{}", folder.join("docker.sock").display())
}

fn answers(folder: Option<&Path>) -> bool {
    let mut command = Command::new("docker");
    command.args(["info", "--format", "{{.ServerVersion}}"]).stdin(Stdio::null());
    if let Some(folder) = folder {
        command.env("DOCKER_HOST", host(folder));
    }
    // Some clients succeed without a daemon and print nothing.
    command.output().is_ok_and(|output| output.status.success() && output.stdout.len() > 1)
}
