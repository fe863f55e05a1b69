//! Polls the state of a pool, a service or its endpoints once.

use tokio::time::Instant;

use super::Service;
use super::cause::{self, Cause};
use super::failures::Failures;
use crate::account::{AccountError, Session};
use crate::observe::{self, Endpoint, ServiceState};

/// The result of one poll.
pub(super) enum Readiness {
    Ready(Vec<Endpoint>),
    NotYet(String),
    Failed(Cause),
    Missing,
}

pub(super) async fn pool(session: &Session, name: &str) -> Result<Readiness, AccountError> {
    let Some(pool) = observe::pool(session, name).await? else { return Ok(Readiness::Missing) };
    if matches!(pool.state.as_str(), "ACTIVE" | "IDLE") {
        return Ok(Readiness::Ready(Vec::new()));
    }
    let message = observe::pool_message(session, name).await?;
    let colon = if message.is_empty() { "" } else { ": " };
    Ok(Readiness::NotYet(format!("{}{colon}{message}", pool.state)))
}

pub(super) async fn service(
    session: &Session,
    service: Service<'_>,
    failures: &mut Failures,
) -> Result<Readiness, AccountError> {
    let name = service.name;
    let Some(state) = observe::service(session, name).await? else { return Ok(Readiness::Missing) };
    if is_ready(&state) {
        return Ok(Readiness::Ready(Vec::new()));
    }
    if matches!(state.status.as_str(), "INTERNAL_ERROR" | "DELETING" | "DELETED") {
        return Ok(Readiness::Failed(Cause::state(&state.status)));
    }
    let containers = observe::containers(session, name).await?;
    let newest = |instance: &str| {
        state.instances.iter().any(|i| i.id == instance && i.spec_digest == state.spec_digest)
    };
    let count = |instance: &str| newest(instance) || state.instances.is_empty();
    let newest = containers.iter().filter(|container| count(&container.instance));
    if let Some(container) = failures.record(newest, Instant::now()) {
        return Ok(Readiness::Failed(cause::of_container(session, service, container).await));
    }
    let waits = containers.iter().find(|c| c.status != "READY" && !c.message.is_empty());
    let why = waits.map(|c| format!(": {}", c.message)).unwrap_or_default();
    let upgrading = if state.is_upgrading { ", upgrading" } else { "" };
    Ok(Readiness::NotYet(format!("{}{upgrading}{why}", state.status)))
}

fn is_ready(state: &ServiceState) -> bool {
    state.status == "RUNNING"
        && !state.is_upgrading
        && state.instances.len() >= state.target_instances
        && state.instances.iter().all(|i| i.status == "READY" && i.spec_digest == state.spec_digest)
}

pub(super) async fn endpoints(session: &Session, service: &str) -> Result<Readiness, AccountError> {
    let Some(endpoints) = observe::endpoints(session, service).await? else {
        return Ok(Readiness::Missing);
    };
    let missing: Vec<&str> = endpoints
        .iter()
        .filter(|endpoint| endpoint.is_public && endpoint.ingress_url.is_none())
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    if !endpoints.iter().any(|endpoint| endpoint.is_public) {
        return Ok(Readiness::NotYet("there is no public endpoint yet".to_owned()));
    }
    if missing.is_empty() {
        return Ok(Readiness::Ready(endpoints));
    }
    Ok(Readiness::NotYet(format!("{} has no host name yet", missing.join(", "))))
}
