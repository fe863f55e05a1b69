//! Debian packages: checks which are installed and installs more.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use spcs_apply::error::Kind;
use xshell::{Shell, cmd};

use super::cannot_install;
use crate::context::Context;
use crate::failure::Failure;

/// The packages that the end-to-end tests need in addition to Podman: Docker, network namespaces, a
/// browser, a registry client, virtual environments for the Python clients.
pub(crate) const END_TO_END: [&str; 6] =
    ["docker.io", "iptables", "iproute2", "chromium", "skopeo", "python3-venv"];

/// Whether this machine uses Debian's package manager.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && on_path("apt-get")
}

/// Whether a program is on the PATH.
pub(crate) fn on_path(program: &str) -> bool {
    which::which(program).is_ok()
}

/// Whether a package is installed or its programs exist already. Docker's `docker-ce` and
/// `containerd.io` conflict with Debian's `docker.io` and `runc`, so their programs are enough.
pub(crate) fn is_provided(package: &str) -> bool {
    let has_programs = match package {
        "docker.io" => on_path("docker") && on_path("dockerd"),
        program => on_path(program),
    };
    has_programs || is_installed(package)
}

fn is_installed(package: &str) -> bool {
    let Ok(shell) = Shell::new() else { return false };
    let format = "--showformat=${Status}";
    let query = cmd!(shell, "dpkg-query --show {format} {package}").quiet().ignore_stderr();
    query.ignore_status().read().is_ok_and(|status| status.contains("install ok installed"))
}

/// Lists the packages, asks for confirmation and installs them.
pub(crate) fn install(context: &Context, wanted: &[&'static str]) -> Result<()> {
    if !is_debian() {
        return Err(cannot_install(wanted).into());
    }
    context.console.say(format!("this machine lacks: {}", wanted.join(" ")));
    context.console.confirm("install these packages with apt-get?")?;
    let administrator = rustix::process::geteuid().is_root();
    if !administrator && !on_path("sudo") {
        let failure =
            Failure::new(Kind::Machine, "installing packages needs root, and there is no `sudo`");
        let hint = format!(
            "as root: apt-get install --no-remove --no-install-recommends {}",
            wanted.join(" ")
        );
        return Err(failure.hint(hint).into());
    }
    apt_get(administrator, &["update"])?;
    // Fail rather than remove a conflicting package.
    let mut arguments = vec!["install", "--yes", "--no-remove", "--no-install-recommends"];
    arguments.extend(wanted);
    apt_get(administrator, &arguments)
}

/// Runs apt-get with its output on stderr: stdout is for data.
fn apt_get(administrator: bool, arguments: &[&str]) -> Result<()> {
    let mut command = if administrator {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr()));
    let status = command.status().context("running apt-get")?;
    if status.success() {
        return Ok(());
    }
    let failure =
        Failure::new(Kind::Machine, format!("`apt-get {}` failed ({status})", arguments.join(" ")));
    Err(failure
        .hint("its messages are above; fix the problem and run `cargo xtask setup` again")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_packages_are_distinguished_from_missing_ones() {
        if is_debian() {
            assert!(is_installed("dpkg"));
            assert!(!is_installed("no-package-has-this-name"));
        } else {
            assert!(!is_installed("dpkg"));
        }
    }
}
