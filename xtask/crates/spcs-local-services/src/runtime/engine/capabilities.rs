//! Detection of the engine's capabilities on this machine.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use serde_json::Value;

use super::cli::Cli;
use crate::runtime::RuntimeError;
use crate::{EngineKind, freebind, resolver};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Capabilities {
    /// Whether the host reaches containers at their own addresses. Engines publish no ports from
    /// internal networks.
    pub(super) internal_networks: bool,
    /// Whether the platform can resolve names for containers, at the gateways of their networks.
    pub(super) resolver: bool,
    /// Whether the containers' addresses are in another network namespace of this machine, which
    /// the gate leads to.
    pub(super) gate: bool,
    /// Whether user ids in containers differ from those on the host.
    pub(super) rootless: bool,
    /// Whether the engine gives containers IPv6 addresses in networks without IPv6.
    pub(super) stray_ipv6: bool,
    /// Whether memory limits are enforced.
    pub(super) memory: bool,
    /// Whether CPU limits are enforced.
    pub(super) cpu: bool,
    /// CPU cores of the machine. docker refuses a higher limit.
    pub(super) cores: f64,
}

/// Queries the engine and logs a warning for each missing capability.
pub(super) async fn detect(cli: &Cli, has_gate: bool) -> Result<Capabilities, RuntimeError> {
    let mut capabilities = query(cli, has_gate).await?;
    if capabilities.internal_networks {
        match can_resolve() {
            Ok(()) => capabilities.resolver = true,
            Err(error) => tracing::warn!(
                %error,
                "containers resolve every name: the platform cannot listen on port 53"
            ),
        }
    }
    if !capabilities.memory {
        tracing::warn!(
            "memory limits are not enforced: the engine has no memory cgroup controller"
        );
    }
    if !capabilities.cpu {
        tracing::warn!("CPU limits are not enforced: the engine has no CPU cgroup controller");
    }
    if !capabilities.reaches_addresses() {
        tracing::warn!(
            "services without an external access integration still have egress: \
             the host cannot reach this engine's containers at their own addresses"
        );
    }
    Ok(capabilities)
}

pub(super) async fn query(cli: &Cli, has_gate: bool) -> Result<Capabilities, RuntimeError> {
    let doing = "querying the engine's capabilities";
    let text = cli.call(doing, &["info", "--format", "{{json .}}"]).await?;
    let info: Value = serde_json::from_str(&text).map_err(|error| RuntimeError {
        doing: doing.to_owned(),
        message: format!("invalid JSON: {error}"),
    })?;
    Ok(parse(&info, cli.kind(), has_gate))
}

impl Capabilities {
    /// Whether ports need not be published, so that networks can be internal.
    pub(super) fn reaches_addresses(self) -> bool {
        self.internal_networks || self.gate
    }
}

fn parse(info: &Value, kind: EngineKind, has_gate: bool) -> Capabilities {
    match kind {
        EngineKind::Podman => {
            let has = |name: &str| {
                let controllers = info["host"]["cgroupControllers"].as_array();
                controllers.is_some_and(|list| list.iter().any(|item| item == name))
            };
            let cores = info["host"]["cpus"].as_f64().unwrap_or(1.0);
            // The host cannot reach the bridges of a rootless engine or one in a virtual machine.
            let host = &info["host"];
            let rootless = host["security"]["rootless"] == true;
            let on_host = host["serviceIsRemote"] != true && cfg!(target_os = "linux");
            let internal_networks = host["security"]["rootless"] == false && on_host;
            Capabilities {
                internal_networks,
                resolver: false,
                gate: rootless && on_host && has_gate,
                rootless,
                stray_ipv6: on_host && Path::new("/proc/sys/net/ipv6").exists(),
                memory: has("memory"),
                cpu: has("cpu"),
                cores,
            }
        }
        EngineKind::Docker => Capabilities {
            internal_networks: docker_runs_on_host(info),
            resolver: false,
            gate: false,
            rootless: docker_is_rootless(info),
            stray_ipv6: false,
            memory: info["MemoryLimit"] == true,
            cpu: info["CpuCfsQuota"] == true,
            cores: info["NCPU"].as_f64().unwrap_or(1.0),
        },
    }
}

/// Whether this process may listen on the DNS port of a gateway, and no other program listens on
/// that port of all addresses.
fn can_resolve() -> std::io::Result<()> {
    // An address for documentation, which no machine has.
    let address = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 53), resolver::PORT);
    freebind::udp(address)?;
    freebind::tcp(address).map(drop)
}

fn docker_is_rootless(info: &Value) -> bool {
    let options = info["SecurityOptions"].as_array();
    options
        .is_some_and(|list| list.iter().any(|o| o.as_str().is_some_and(|o| o.contains("rootless"))))
}

/// Whether docker's daemon runs as root on this host, and not in a virtual machine.
fn docker_runs_on_host(info: &Value) -> bool {
    let kernel = fs_err::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let host = fs_err::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    !docker_is_rootless(info)
        && info["KernelVersion"].as_str() == Some(kernel.trim())
        && info["Name"].as_str() == Some(host.trim())
}
