//! Taking a deployment away, and nothing else.

use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{Change, Plan, Step};
use crate::sql::{Effect, ObjectKind, Statement};

/// The files of `sql/teardown` in order; what is not there or not ours is left out.
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

fn decide(statement: &Statement, desired: &Desired, observed: &Observed) -> (Change, String) {
    let Effect::Drop { kind, name } = &statement.effect else {
        return (Change::Run, "always runs".to_owned());
    };
    let Some(seen) = observed.find(*kind, name) else {
        return (Change::Unchanged, "not there".to_owned());
    };
    if seen.comment != desired.owner_comment {
        let whose = seen.whose();
        return (Change::Unchanged, format!("kept, not of this deployment: {whose}"));
    }
    match resident(*kind, name, desired, observed) {
        Some(resident) => (Change::Unchanged, format!("kept: {resident}")),
        None => (Change::Drop, "of this deployment".to_owned()),
    }
}

/// What keeps an object from being dropped: it would take along what others made, or not go at all.
fn resident(
    kind: ObjectKind,
    name: &str,
    desired: &Desired,
    observed: &Observed,
) -> Option<String> {
    let foreign = |comment: &str| comment != desired.owner_comment;
    if kind == ObjectKind::ComputePool {
        let mut services = observed.services.iter().filter(|(_, s)| s.compute_pool == name);
        let dropped = |name: &str| desired.services.values().any(|service| service.name == name);
        return services.find_map(|(service, seen)| match seen {
            seen if foreign(&seen.comment) => Some(is_in_it(&format!("service {service}"))),
            _ if dropped(service) => None,
            _ => Some(format!("service {service} is in it, and spcs.toml does not name it")),
        });
    }
    if !matches!(kind, ObjectKind::Database | ObjectKind::Schema) {
        return None;
    }
    let inside = format!("{name}.");
    let every_database_has =
        |name: &str| matches!(name.strip_prefix(&inside), Some("PUBLIC" | "INFORMATION_SCHEMA"));
    let objects =
        observed.objects.iter().filter(|o| o.name.starts_with(&inside) && foreign(&o.comment));
    let mut objects =
        objects.filter(|o| !(o.kind == ObjectKind::Schema && every_database_has(&o.name)));
    let services =
        observed.services.iter().filter(|(n, s)| n.starts_with(&inside) && foreign(&s.comment));
    let object = objects.next().map(|o| format!("{} {}", o.kind, o.name));
    object.or_else(|| services.map(|(n, _)| format!("service {n}")).next()).map(|it| is_in_it(&it))
}

fn is_in_it(resident: &str) -> String {
    format!("{resident} is in it and not of this deployment")
}
