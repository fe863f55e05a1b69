//! What the engine can do on this machine: resource limits, and networks without a way out.

use serde_json::Value;

use super::cli::Cli;
use crate::EngineKind;
use crate::runtime::RuntimeError;

/// What may be asked of the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Abilities {
    /// Containers are reached by their own address from here. Only then can a network be an
    /// internal one: no engine publishes ports from those.
    pub(super) isolates: bool,
    /// The ids of users in containers are other ones on this machine.
    pub(super) rootless: bool,
    pub(super) memory: bool,
    pub(super) cpu: bool,
    /// docker refuses a limit above what the machine has.
    pub(super) cores: f64,
}

/// Asks the engine; says what will not be enforced.
pub(super) async fn find(cli: &Cli) -> Result<Abilities, RuntimeError> {
    let doing = "asking the engine what it can do";
    let text = cli.call(doing, &["info", "--format", "{{json .}}"]).await?;
    let info: Value = serde_json::from_str(&text).map_err(|error| RuntimeError {
        doing: doing.to_owned(),
        message: format!("its answer is not JSON: {error}"),
    })?;
    let abilities = read(&info, cli.kind());
    if !abilities.memory {
        tracing::warn!(
            "memory limits are not enforced: the engine's cgroups have no such controller"
        );
    }
    if !abilities.cpu {
        tracing::warn!("CPU limits are not enforced: the engine's cgroups have no such controller");
    }
    if !abilities.isolates {
        tracing::warn!(
            "services without an external access integration can reach out all the same: \
             this engine's containers are not reached by their own addresses"
        );
    }
    Ok(abilities)
}

fn read(info: &Value, kind: EngineKind) -> Abilities {
    match kind {
        EngineKind::Podman => {
            let has = |name: &str| {
                let controllers = info["host"]["cgroupControllers"].as_array();
                controllers.is_some_and(|list| list.iter().any(|item| item == name))
            };
            let cores = info["host"]["cpus"].as_f64().unwrap_or(1.0);
            // A rootless engine, and one in a virtual machine, keeps its bridges to itself.
            let host = &info["host"];
            let rootless = host["security"]["rootless"] == true;
            let isolates = host["security"]["rootless"] == false
                && host["serviceIsRemote"] != true
                && cfg!(target_os = "linux");
            Abilities { isolates, rootless, memory: has("memory"), cpu: has("cpu"), cores }
        }
        EngineKind::Docker => Abilities {
            isolates: docker_is_here(info),
            rootless: docker_is_rootless(info),
            memory: info["MemoryLimit"] == true,
            cpu: info["CpuCfsQuota"] == true,
            cores: info["NCPU"].as_f64().unwrap_or(1.0),
        },
    }
}

fn docker_is_rootless(info: &Value) -> bool {
    let options = info["SecurityOptions"].as_array();
    options
        .is_some_and(|list| list.iter().any(|o| o.as_str().is_some_and(|o| o.contains("rootless"))))
}

/// Whether docker's daemon runs as root on this very kernel.
fn docker_is_here(info: &Value) -> bool {
    let kernel = fs_err::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let host = fs_err::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    !docker_is_rootless(info)
        && info["KernelVersion"].as_str() == Some(kernel.trim())
        && info["Name"].as_str() == Some(host.trim())
}
