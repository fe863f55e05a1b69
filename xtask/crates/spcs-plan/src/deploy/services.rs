//! Steps for images, pools and services.

use crate::deploy::sql;
use crate::desired::{Desired, DesiredService, ImageState, no_file_creates};
use crate::error::Error;
use crate::observed::Observed;
use crate::plan::{Action, Change, Planned, PlannedStatement, Reason, Step, StepId, Subject};
use crate::spec::image_tag;
use crate::sql::Effect;

fn step(
    id: StepId,
    needs: Vec<StepId>,
    (change, reason): (Change, Reason),
    subject: Subject,
    action: Action,
) -> Step {
    Step { id, needs, change, subject, reason, action }
}

pub(super) fn build(key: &str, state: &ImageState) -> Step {
    let decision = match state {
        ImageState::Built { digest } => {
            (Change::Unchanged, Reason::Built(image_tag(digest).to_owned()))
        }
        ImageState::Stale { reason } => (Change::Create, Reason::Stale(reason.clone())),
    };
    let action = Action::Build { image: key.to_owned() };
    let subject = Subject::Image(key.to_owned());
    step(StepId::Build(key.to_owned()), Vec::new(), decision, subject, action)
}

pub(super) fn push(key: &str, state: &ImageState, observed: &Observed, needs: Vec<StepId>) -> Step {
    let decision = match state {
        ImageState::Stale { .. } => (Change::Push, Reason::PushedWhenBuilt),
        ImageState::Built { digest } => {
            let pushed = observed.images.get(key).and_then(|tags| tags.get(image_tag(digest)));
            match pushed {
                Some(pushed) if pushed == digest => (Change::Unchanged, Reason::InRepository),
                _ => (Change::Push, Reason::NotInRepository),
            }
        }
    };
    let action = Action::Push { image: key.to_owned() };
    let subject = Subject::PushedImage(key.to_owned());
    step(StepId::Push(key.to_owned()), needs, decision, subject, action)
}

/// Whether a pool has no nodes until a service starts in it.
pub(super) fn is_suspended(observed: &Observed, pool: &str) -> bool {
    observed.pools.get(pool).is_some_and(|p| matches!(p.state.as_str(), "SUSPENDED" | "STOPPING"))
}

pub(super) fn wait_for_pool(
    key: &str,
    name: &str,
    observed: &Observed,
    needs: Vec<StepId>,
) -> Step {
    let decision = match observed.pools.get(name).map(|pool| pool.state.as_str()) {
        Some(state @ ("ACTIVE" | "IDLE")) => {
            (Change::Unchanged, Reason::PoolState(state.to_owned()))
        }
        Some(state) => (Change::Wait, Reason::PoolState(state.to_owned())),
        None => (Change::Wait, Reason::PoolStarting),
    };
    let action = Action::WaitPool { pool: key.to_owned(), name: name.to_owned() };
    step(StepId::Pool(key.to_owned()), needs, decision, Subject::Pool(name.to_owned()), action)
}

pub(super) fn put(
    key: &str,
    service: &DesiredService,
    desired: &Desired,
    observed: &Observed,
    needs: Vec<StepId>,
) -> Step {
    let decision = match &service.spec {
        Some(spec) if observed.staged.contains(&spec.file_name) => {
            (Change::Unchanged, Reason::Staged(spec.file_name.clone()))
        }
        Some(spec) => (Change::Put, Reason::NotStaged(spec.file_name.clone())),
        None => (Change::Put, Reason::Deferred(service.images.clone())),
    };
    let action = Action::Put {
        service: key.to_owned(),
        stage: desired.specs_stage.clone(),
        spec: service.spec.clone().map_or(Planned::Deferred, Planned::Known),
    };
    let subject = Subject::Spec(service.name.clone());
    step(StepId::Put(key.to_owned()), needs, decision, subject, action)
}

/// The step that creates or updates a service. Its statements are known once its images are built.
pub(super) fn service(
    key: &str,
    service: &DesiredService,
    desired: &Desired,
    observed: &Observed,
    needs: Vec<StepId>,
) -> Result<Step, Error> {
    let file = sql::file_of(desired, &service.name);
    let file = file.ok_or_else(|| no_file_creates(key, &service.name))?;
    let statements = sql::statements(desired, observed, file);
    let seen = observed.services.get(&service.name);
    let ours = seen.is_some_and(|running| running.comment == desired.owner_comment);
    let (decision, statements) = match &service.spec {
        None if ours => {
            ((Change::Alter, Reason::Deferred(service.images.clone())), Planned::Deferred)
        }
        None => (decision(&statements), Planned::Deferred),
        Some(_) => (decision(&statements), Planned::Known(statements)),
    };
    let action = Action::Service { service: key.to_owned(), file: file.path.clone(), statements };
    let subject = Subject::Service(service.name.clone());
    Ok(step(StepId::Service(key.to_owned()), needs, decision, subject, action))
}

/// The overall change to a service, with the most informative reason of its statements.
fn decision(statements: &[PlannedStatement]) -> (Change, Reason) {
    let statements: Vec<&PlannedStatement> =
        statements.iter().filter(|s| !matches!(s.effect, Effect::Use { .. })).collect();
    // For an unchanged service, "runs the desired spec" says more than "exists".
    let acts = statements.iter().find(|s| s.change != Change::Unchanged);
    let spec = statements.iter().find(|s| matches!(s.effect, Effect::ChangeSpec { .. }));
    let main = acts.or(spec).or(statements.first());
    main.map_or((Change::Unchanged, Reason::Exists), |s| (s.change, s.reason.clone()))
}

pub(super) fn wait_until_ready(key: &str, service: &DesiredService) -> Step {
    let name = service.name.clone();
    let needs = vec![StepId::Service(key.to_owned())];
    let subject = Subject::Service(name.clone());
    let action = Action::WaitService { service: key.to_owned(), name };
    step(StepId::Ready(key.to_owned()), needs, (Change::Wait, Reason::UntilReady), subject, action)
}

pub(super) fn wait_for_endpoints(key: &str, service: &DesiredService) -> Step {
    let name = service.name.clone();
    let needs = vec![StepId::Service(key.to_owned())];
    let subject = Subject::Endpoints(name.clone());
    let action = Action::WaitEndpoints { service: key.to_owned(), name };
    let decision = (Change::Wait, Reason::UntilUrls);
    step(StepId::Endpoints(key.to_owned()), needs, decision, subject, action)
}
