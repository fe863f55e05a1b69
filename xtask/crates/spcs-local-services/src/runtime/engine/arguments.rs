//! Engine arguments for creating containers and volumes.

use super::capabilities::Capabilities;
use crate::EngineKind;
use crate::runtime::{ContainerNames, ContainerNetwork, ContainerRequest, Mount, VolumeRequest};

/// A container's networks after the first. docker can connect to them only after `create`.
pub(super) fn additional_networks(request: &ContainerRequest) -> &[String] {
    match &request.network {
        ContainerNetwork::Own { networks, .. } => networks.get(1..).unwrap_or_default(),
        ContainerNetwork::Shared { .. } => &[],
    }
}

/// `run --detach …`, or `create …` if more networks must be connected before the start. Uses only
/// options that both engines support, except where `kind` is checked.
pub(super) fn start(
    request: &ContainerRequest,
    capabilities: Capabilities,
    kind: EngineKind,
) -> Vec<String> {
    let mut args: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
    if additional_networks(request).is_empty() {
        add(&["run", "--detach"]);
    } else {
        add(&["create"]);
    }
    add(&["--pull", "never", "--name", &request.name]);
    add(&["--stop-timeout", &request.stop_grace.as_secs().to_string()]);
    match kind {
        // journald may be missing. By default podman copies the host's proxy settings.
        EngineKind::Podman => add(&["--log-driver", "k8s-file", "--http-proxy=false"]),
        EngineKind::Docker => add(&["--log-driver", "json-file", "--log-opt", "max-file=2"]),
    }
    add(&["--log-opt", "max-size=20m"]);
    // Without these a container cannot send packets with another's address.
    add(&["--cap-drop", "NET_RAW", "--cap-drop", "NET_ADMIN"]);
    for (key, value) in &request.labels {
        add(&["--label", &format!("{key}={value}")]);
    }
    match &request.network {
        ContainerNetwork::Own { networks, names, ports } => {
            if let Some(network) = networks.first() {
                add(&["--network", network]);
            }
            match names {
                // For docker's own resolver, which asks this one. Containers ask it directly,
                // because docker's does not ask on behalf of an internal network.
                ContainerNames::Platform(resolver) => add(&["--dns", &resolver.to_string()]),
                ContainerNames::Engine { aliases, hosts } => {
                    for alias in aliases {
                        add(&["--network-alias", alias]);
                    }
                    for (name, address) in hosts {
                        add(&["--add-host", &format!("{name}:{address}")]);
                    }
                }
            }
            // The firewall rules are for IPv4. `default` is for networks that are connected later.
            let interfaces = (0..networks.len()).map(|number| format!("eth{number}"));
            let interfaces = interfaces.chain(["default".to_owned()]);
            for interface in interfaces.filter(|_| capabilities.stray_ipv6) {
                add(&["--sysctl", &format!("net.ipv6.conf.{interface}.disable_ipv6=1")]);
            }
            for port in ports.iter().filter(|_| !capabilities.reaches_addresses()) {
                add(&["--publish", &format!("127.0.0.1::{port}")]);
            }
        }
        ContainerNetwork::Shared { container } => {
            add(&["--network", &format!("container:{container}")]);
        }
    }
    for mount in &request.mounts {
        match mount {
            Mount::Volume { name, target } => {
                add(&["--volume", &format!("{name}:{target}:nocopy")])
            }
            // `z` relabels the directory for containers on hosts with SELinux.
            Mount::Directory { source, target, read_only } => {
                let mode = if *read_only { "ro,z" } else { "rw,z" };
                add(&["--volume", &format!("{}:{target}:{mode}", source.display())]);
            }
            Mount::Stage { source, target, read_only, is_mounted } => {
                let mode = stage_mode(kind, *read_only, *is_mounted);
                add(&["--volume", &format!("{}:{target}:{mode}", source.display())]);
            }
            Mount::Memory { target, size } => {
                add(&["--tmpfs", &format!("{target}:rw,mode=1777,size={size}")]);
            }
        }
    }
    if let (true, Some(bytes)) = (capabilities.memory, request.memory) {
        add(&["--memory", &format!("{bytes}b")]);
    }
    if let (true, Some(cores)) = (capabilities.cpu, request.cpus) {
        add(&["--cpus", &cores.min(capabilities.cores).to_string()]);
    }
    for (key, value) in &request.env {
        add(&["--env", &format!("{key}={value}")]);
    }
    let (entrypoint, rest) = match request.command.as_deref() {
        Some([program, rest @ ..]) => (Some(program), rest),
        _ => (None, &[][..]),
    };
    if let Some(program) = entrypoint {
        add(&["--entrypoint", program]);
    }
    args.push(request.image.clone());
    args.extend(rest.iter().chain(request.args.iter().flatten()).cloned());
    args
}

/// The mount options of a stage. docker has none against privileges and devices; a mount on the
/// host has. `ro` would make runc lift them, but such a mount on the host is read-only already.
fn stage_mode(kind: EngineKind, read_only: bool, is_mounted: bool) -> &'static str {
    match (kind, read_only) {
        (EngineKind::Podman, true) => "ro,nosuid,nodev,z",
        (EngineKind::Podman, false) => "rw,nosuid,nodev,z",
        (EngineKind::Docker, true) if is_mounted => "rw",
        (EngineKind::Docker, true) => "ro,z",
        (EngineKind::Docker, false) => "rw,z",
    }
}

/// `volume create …`
pub(super) fn volume(request: &VolumeRequest, kind: EngineKind) -> Vec<String> {
    let mut args = vec!["volume".to_owned(), "create".to_owned()];
    for (key, value) in &request.labels {
        args.extend(["--label".to_owned(), format!("{key}={value}")]);
    }
    let owner = request.owner.map(|(uid, gid)| format!("uid={uid},gid={gid}"));
    match (request.memory, owner) {
        (Some(size), owner) => {
            let mut options = format!("o=size={size},mode=1777");
            if let Some(owner) = owner {
                options = format!("{options},{owner}");
            }
            for option in ["type=tmpfs", "device=tmpfs", &options] {
                args.extend(["--opt".to_owned(), option.to_owned()]);
            }
        }
        (None, Some(owner)) if kind == EngineKind::Podman => {
            args.extend(["--opt".to_owned(), format!("o={owner}")]);
        }
        (None, _) => {}
    }
    args.push(request.name.clone());
    args
}
