//! Log lines on stderr, as many as `-v` asks for.

use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::console::Console;

/// Starts logging. Only crates of this workspace log: what HTTP libraries write at their lowest
/// level may hold headers, and headers hold tokens.
pub(crate) fn start(console: &Console) {
    let level = match console.verbose() {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let crates = ["xtask", "spcs_apply", "spcs_plan", "spcs_local"];
    let filter = crates.map(|name| format!("{name}={level}")).join(",");
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(console.color())
        .with_target(false)
        .without_time()
        .with_writer(Mutex::new(console.clone()))
        .finish();
    // The platform's process has set its own before.
    tracing::subscriber::set_global_default(subscriber).ok();
}
