//! Logging to stderr, at the level that `-v` selects.

use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::console::Console;

/// Starts logging. Only crates of this workspace may log: trace output of HTTP libraries can
/// contain headers, and headers contain tokens.
pub(crate) fn start(console: &Console) {
    let level = match console.verbose() {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(console.color())
        .with_target(false)
        .without_time()
        .with_writer(Mutex::new(console.clone()));
    let subscriber = tracing_subscriber::registry().with(ours(level)).with(lines);
    // Fails only if a subscriber is already set, and `main` calls this once.
    tracing::subscriber::set_global_default(subscriber).ok();
}

/// Enables the targets of this workspace's crates, which all start with one of these prefixes.
fn ours(level: LevelFilter) -> Targets {
    ["xtask", "spcs_"]
        .into_iter()
        .fold(Targets::new(), |targets, name| targets.with_target(name, level))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn only_crates_of_this_workspace_log() {
        let targets = ours(LevelFilter::DEBUG);
        for ours in ["xtask::target", "spcs_apply::session", "spcs_local_registry", "spcs_plan"] {
            assert!(targets.would_enable(ours, &Level::DEBUG), "{ours}");
            assert!(!targets.would_enable(ours, &Level::TRACE), "{ours}");
        }
        for other in ["hyper::proto", "reqwest", "snowflake_connector_rs"] {
            assert!(!targets.would_enable(other, &Level::ERROR), "{other}");
        }
    }
}
