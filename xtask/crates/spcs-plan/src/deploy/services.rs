//! Steps for images, pools and services.

use crate::deploy::sql;
use crate::desired::{Desired, DesiredService, ImageState};
use crate::observed::Observed;
use crate::plan::{Action, Change, Step};
use crate::spec::image_tag;

fn step(
    id: String,
    needs: Vec<String>,
    (change, reason): (Change, String),
    subject: String,
    action: Action,
) -> Step {
    Step { id, needs, change, subject, reason, action }
}

fn is(change: Change, reason: impl Into<String>) -> (Change, String) {
    (change, reason.into())
}

pub(super) fn build(key: &str, state: &ImageState) -> Step {
    let decision = match state {
        ImageState::Built { digest } => {
            is(Change::Unchanged, format!("built as {}", image_tag(digest)))
        }
        ImageState::Stale { reason } => is(Change::Create, reason),
    };
    let action = Action::Build { image: key.to_owned() };
    step(format!("build:{key}"), Vec::new(), decision, format!("image {key}"), action)
}

pub(super) fn push(key: &str, state: &ImageState, observed: &Observed, needs: Vec<String>) -> Step {
    let decision = match state {
        ImageState::Stale { .. } => {
            is(Change::Push, "when it is built, unless it is there by then")
        }
        ImageState::Built { digest } => {
            let pushed = observed.images.get(key).and_then(|tags| tags.get(image_tag(digest)));
            match pushed {
                Some(pushed) if pushed == digest => is(Change::Unchanged, "is in the repository"),
                _ => is(Change::Push, "not in the repository"),
            }
        }
    };
    let action = Action::Push { image: key.to_owned() };
    step(format!("push:{key}"), needs, decision, format!("image {key} to the repository"), action)
}

/// Whether a pool has no nodes until a service wants some.
pub(super) fn is_asleep(observed: &Observed, pool: &str) -> bool {
    observed.pools.get(pool).is_some_and(|p| matches!(p.state.as_str(), "SUSPENDED" | "STOPPING"))
}

pub(super) fn wait_for_pool(
    key: &str,
    name: &str,
    observed: &Observed,
    needs: Vec<String>,
) -> Step {
    let decision = match observed.pools.get(name).map(|pool| pool.state.as_str()) {
        Some(state @ ("ACTIVE" | "IDLE")) => is(Change::Unchanged, format!("is {state}")),
        Some(state) => is(Change::Wait, format!("is {state}")),
        None => is(Change::Wait, "until its nodes are up"),
    };
    let action = Action::WaitPool { pool: key.to_owned() };
    step(format!("pool:{key}"), needs, decision, format!("compute pool {name}"), action)
}

pub(super) fn put(
    key: &str,
    service: &DesiredService,
    observed: &Observed,
    needs: Vec<String>,
) -> Step {
    let decision = match &service.spec {
        Some(spec) if observed.staged.contains(&spec.file_name) => {
            is(Change::Unchanged, format!("{} is staged", spec.file_name))
        }
        Some(spec) => is(Change::Put, format!("{} is not staged", spec.file_name)),
        None => is(Change::Put, undecided(service)),
    };
    let action = Action::Put { service: key.to_owned() };
    step(format!("put:{key}"), needs, decision, format!("spec of service {}", service.name), action)
}

/// What the statements of the service's file come to; before its images are built that is open.
pub(super) fn service(
    key: &str,
    service: &DesiredService,
    desired: &Desired,
    observed: &Observed,
    needs: Vec<String>,
) -> Step {
    let seen = observed.services.get(&service.name);
    let ours = seen.is_some_and(|running| running.comment == desired.owner_comment);
    let decision = match &service.spec {
        None if ours => is(Change::Alter, undecided(service)),
        _ => sql::service_decision(desired, observed, &service.name),
    };
    let action = Action::Service { service: key.to_owned() };
    step(format!("service:{key}"), needs, decision, format!("service {}", service.name), action)
}

fn undecided(service: &DesiredService) -> String {
    format!("decided when the image is built: {}", service.images.join(", "))
}

pub(super) fn wait_until_ready(key: &str, service: &DesiredService) -> Step {
    let action = Action::WaitService { service: key.to_owned() };
    let decision = is(Change::Wait, "until every instance is ready");
    step(
        format!("ready:{key}"),
        vec![format!("service:{key}")],
        decision,
        format!("service {}", service.name),
        action,
    )
}

pub(super) fn wait_for_endpoints(key: &str, service: &DesiredService) -> Step {
    let action = Action::WaitEndpoints { service: key.to_owned() };
    let decision = is(Change::Wait, "until they have their URL");
    step(
        format!("endpoints:{key}"),
        vec![format!("service:{key}")],
        decision,
        format!("endpoints of service {}", service.name),
        action,
    )
}
