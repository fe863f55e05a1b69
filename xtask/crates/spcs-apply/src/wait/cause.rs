//! The cause of a failed wait: the platform's message, the end of the container's log, and advice.

use std::fmt;

use super::Service;
use crate::account::Session;
use crate::observe::{self, ContainerState};

const LOG_LINES: u32 = 20;

/// What is known about the cause.
#[derive(Debug, Default)]
pub struct Cause {
    /// The key of the container's service.
    service: Option<String>,
    message: String,
    logs: Vec<String>,
}

/// Advice for the platform's messages, by a part of the message.
const ADVICE: [(&str, &str); 6] = [
    (
        "Failed to pull image",
        "push it with `cargo xtask push`, and check the image path in the spec",
    ),
    ("invalid format", "correct the image path in the spec: `/db/schema/repository/image:tag`"),
    (
        "Readiness probe is failing",
        "look at the container's log, and at port and path of `readinessProbe` in the spec",
    ),
    ("OOMKilled", "raise `resources.limits.memory` in the spec, or take a larger instance family"),
    (
        "Unschedulable",
        "lower `resources.requests` in the spec, or raise `max_nodes` of the pool in spcs.toml",
    ),
    ("check container logs", "look at the whole log"),
];

impl Cause {
    /// A cause that is known from the state alone.
    pub(super) fn state(state: &str) -> Self {
        Self { message: format!("its state is {state}"), ..Self::default() }
    }

    /// The lines of the log, indented below a heading.
    pub(super) fn logs(&self) -> String {
        if self.logs.is_empty() {
            return String::new();
        }
        format!("\nthe last lines of its log:\n  {}", self.logs.join("\n  "))
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        let advice = ADVICE.iter().find(|(part, _)| self.message.contains(part));
        let advice = advice.map(|(_, advice)| *advice);
        let logs = self.service.as_ref().map(|service| format!("`cargo xtask logs {service}`"));
        match (advice, logs) {
            (Some(advice), Some(logs)) => Some(format!("{advice}: {logs}")),
            (Some(advice), None) => Some(advice.to_owned()),
            (None, Some(logs)) => Some(format!("look at the log: {logs}")),
            (None, None) => None,
        }
    }
}

/// The cause from the first container that is not ready; empty if it cannot be read.
pub(super) async fn of_service(session: &Session, service: Service<'_>) -> Cause {
    let containers = observe::containers(session, service.name).await.unwrap_or_default();
    match containers.iter().find(|container| container.status != "READY") {
        Some(container) => of_container(session, service, container).await,
        None => Cause::default(),
    }
}

/// The cause from a failed container, with the end of its log if it can be read.
pub(super) async fn of_container(
    session: &Session,
    service: Service<'_>,
    container: &ContainerState,
) -> Cause {
    let ContainerState { instance, name, message, .. } = container;
    let mut text =
        observe::logs(session, service.name, instance, name, LOG_LINES, false).await.ok();
    if text.as_deref().is_none_or(|text| text.trim().is_empty()) {
        text = observe::logs(session, service.name, instance, name, LOG_LINES, true).await.ok();
    }
    let logs = text.unwrap_or_default().lines().map(str::to_owned).collect();
    Cause { service: Some(service.key.to_owned()), message: message.clone(), logs }
}

/// Writes `: message` and the lines of the log below it; nothing if both are unknown.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        f.write_str(&self.logs())
    }
}
