//! The plan that removes a deployment, and nothing else.

use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{Change, Kept, Plan, Reason, Step};
use crate::sql::{Effect, ObjectKind, Statement};

/// Runs the files of `sql/teardown` in order. Skips missing objects and objects of others.
pub fn clean(desired: &Desired, observed: &Observed) -> Plan {
    let mut needs = Vec::new();
    let mut steps = Vec::new();
    for file in desired.sets.get("teardown").into_iter().flatten() {
        let step = Step::of_file(file, needs, |statement| decide(statement, desired, observed));
        needs = vec![step.id.clone()];
        steps.push(step);
    }
    Plan { target: desired.target.clone(), steps }
}

fn decide(statement: &Statement, desired: &Desired, observed: &Observed) -> (Change, Reason) {
    let Effect::Drop { kind, name } = &statement.effect else {
        return (Change::Run, Reason::AlwaysRuns);
    };
    let Some(seen) = observed.find(*kind, name) else {
        return (Change::Unchanged, Reason::Missing);
    };
    let kept = if seen.comment == desired.owner_comment {
        contents_to_keep(*kind, name, desired, observed)
    } else {
        Some(Kept::Foreign(seen.comment))
    };
    match kept {
        Some(kept) => (Change::Unchanged, Reason::Kept(kept)),
        None => (Change::Drop, Reason::Ours),
    }
}

/// Why an object must be kept: dropping it would drop objects of others, or would fail.
fn contents_to_keep(
    kind: ObjectKind,
    name: &str,
    desired: &Desired,
    observed: &Observed,
) -> Option<Kept> {
    match kind {
        ObjectKind::ComputePool => service_in_pool(name, desired, observed),
        ObjectKind::Database | ObjectKind::Schema => foreign_object_in(name, desired, observed),
        _ => None,
    }
}

fn service_in_pool(pool: &str, desired: &Desired, observed: &Observed) -> Option<Kept> {
    let mut services = observed.services.iter().filter(|(_, s)| s.compute_pool == pool);
    let dropped = |name: &str| desired.services.values().any(|service| service.name == name);
    services.find_map(|(service, seen)| match seen.comment == desired.owner_comment {
        false => Some(Kept::ContainsForeign(ObjectKind::Service, service.clone())),
        true if dropped(service) => None,
        true => Some(Kept::ContainsUnlistedService(service.clone())),
    })
}

fn foreign_object_in(name: &str, desired: &Desired, observed: &Observed) -> Option<Kept> {
    let foreign = |comment: &str| comment != desired.owner_comment;
    let prefix = format!("{name}.");
    let is_default_schema =
        |name: &str| matches!(name.strip_prefix(&prefix), Some("PUBLIC" | "INFORMATION_SCHEMA"));
    let objects =
        observed.objects.iter().filter(|o| o.name.starts_with(&prefix) && foreign(&o.comment));
    let mut objects =
        objects.filter(|o| !(o.kind == ObjectKind::Schema && is_default_schema(&o.name)));
    let mut services =
        observed.services.iter().filter(|(n, s)| n.starts_with(&prefix) && foreign(&s.comment));
    let object = objects.next().map(|o| Kept::ContainsForeign(o.kind, o.name.clone()));
    object.or_else(|| {
        services.next().map(|(n, _)| Kept::ContainsForeign(ObjectKind::Service, n.clone()))
    })
}
