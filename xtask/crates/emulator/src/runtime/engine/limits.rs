//! Which resource limits the engine can put in force on this machine.

use serde_json::Value;

use super::cli::Cli;
use crate::EngineKind;

/// What `--memory` and `--cpus` may be used for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub(super) memory: bool,
    pub(super) cpu: bool,
    /// docker refuses a limit above what the machine has.
    pub(super) cores: f64,
}

/// Asks the engine once; says what will not be enforced.
pub(super) async fn find(cli: &Cli) -> Limits {
    let text =
        cli.call("asking the engine about limits", &["info", "--format", "{{json .}}"]).await;
    let limits = match text.map(|text| serde_json::from_str::<Value>(&text)) {
        Ok(Ok(info)) => read(&info, cli.kind()),
        _ => Limits { memory: false, cpu: false, cores: 1.0 },
    };
    if !limits.memory {
        tracing::warn!(
            "memory limits are not enforced: the engine's cgroups have no such controller"
        );
    }
    if !limits.cpu {
        tracing::warn!("CPU limits are not enforced: the engine's cgroups have no such controller");
    }
    limits
}

fn read(info: &Value, kind: EngineKind) -> Limits {
    match kind {
        EngineKind::Podman => {
            let has = |name: &str| {
                let controllers = info["host"]["cgroupControllers"].as_array();
                controllers.is_some_and(|list| list.iter().any(|item| item == name))
            };
            let cores = info["host"]["cpus"].as_f64().unwrap_or(1.0);
            Limits { memory: has("memory"), cpu: has("cpu"), cores }
        }
        EngineKind::Docker => Limits {
            memory: info["MemoryLimit"] == true,
            cpu: info["CpuCfsQuota"] == true,
            cores: info["NCPU"].as_f64().unwrap_or(1.0),
        },
    }
}
