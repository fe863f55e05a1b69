//! One look at what is waited for.

use super::cause::{self, Cause};
use crate::observe::{self, Endpoint, ServiceState};
use crate::session::{Session, SessionError};

/// How often a container that is not started again is seen failed until that is final.
const FAILED_LOOKS: u32 = 6;

/// What one look has shown.
pub(super) enum Look {
    Ready(Vec<Endpoint>),
    NotYet(String),
    Failed(Cause),
    Missing,
}

pub(super) async fn at_pool(session: &Session, name: &str) -> Result<Look, SessionError> {
    let Some(pool) = observe::pool(session, name).await? else { return Ok(Look::Missing) };
    if matches!(pool.state.as_str(), "ACTIVE" | "IDLE") {
        return Ok(Look::Ready(Vec::new()));
    }
    let message = observe::pool_message(session, name).await?;
    let colon = if message.is_empty() { "" } else { ": " };
    Ok(Look::NotYet(format!("{}{colon}{message}", pool.state)))
}

pub(super) async fn at_service(
    session: &Session,
    name: &str,
    failures: &mut u32,
) -> Result<Look, SessionError> {
    let Some(state) = observe::service(session, name).await? else { return Ok(Look::Missing) };
    if is_ready(&state) {
        return Ok(Look::Ready(Vec::new()));
    }
    if matches!(state.status.as_str(), "INTERNAL_ERROR" | "DELETING" | "DELETED") {
        return Ok(Look::Failed(Cause::state(&state.status)));
    }
    let containers = observe::containers(session, name).await?;
    let newest = |instance: &str| {
        state.instances.iter().any(|i| i.id == instance && i.spec_digest == state.spec_digest)
    };
    let failed = containers
        .iter()
        .find(|c| c.status == "FAILED" && (newest(&c.instance) || state.instances.is_empty()));
    if let Some(container) = failed {
        *failures += 1;
        // One that fails once may have been too early for something else: it is started again.
        if container.restarts > 0 || *failures >= FAILED_LOOKS {
            return Ok(Look::Failed(cause::of_container(session, name, container).await));
        }
    }
    let waits = containers.iter().find(|c| c.status != "READY" && !c.message.is_empty());
    let why = waits.map(|c| format!(": {}", c.message)).unwrap_or_default();
    let upgrading = if state.is_upgrading { ", upgrading" } else { "" };
    Ok(Look::NotYet(format!("{}{upgrading}{why}", state.status)))
}

fn is_ready(state: &ServiceState) -> bool {
    state.status == "RUNNING"
        && !state.is_upgrading
        && state.instances.len() >= state.target_instances
        && state.instances.iter().all(|i| i.status == "READY" && i.spec_digest == state.spec_digest)
}

pub(super) async fn at_endpoints(session: &Session, service: &str) -> Result<Look, SessionError> {
    let endpoints = observe::endpoints(session, service).await?;
    let missing: Vec<&str> = endpoints
        .iter()
        .filter(|endpoint| endpoint.is_public && endpoint.ingress_url.is_none())
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(Look::Ready(endpoints));
    }
    Ok(Look::NotYet(format!("{} has no host name yet", missing.join(", "))))
}
