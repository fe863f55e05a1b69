//! Steps that run files of `sql/`, statement by statement.

use crate::decide::{Known, decide};
use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{Change, Step};
use crate::sql::{Effect, ObjectKind, SqlFile};

/// A step for each of these files, each after the one before it.
pub(super) fn chain<'f>(
    desired: &Desired,
    observed: &Observed,
    files: impl Iterator<Item = &'f SqlFile>,
    first_needs: Vec<String>,
) -> Vec<Step> {
    let known = known(desired, observed);
    let mut needs = first_needs;
    let mut steps = Vec::new();
    for file in files {
        let step = Step::of_file(file, needs, |statement| decide(statement, file, &known));
        needs = vec![step.id.clone()];
        steps.push(step);
    }
    steps
}

fn known<'k>(
    desired: &'k Desired,
    observed: &'k Observed,
) -> Known<'k, impl Fn(&str) -> Option<String>> {
    let spec_digest = |name: &str| {
        let service = desired.services.values().find(|service| service.name == name)?;
        Some(service.spec.as_ref()?.spec_digest.clone())
    };
    Known { observed, owner_comment: &desired.owner_comment, spec_digest }
}

/// What the file that creates a service does to it, and the reason that says most.
pub(super) fn service_decision(
    desired: &Desired,
    observed: &Observed,
    service: &str,
) -> (Change, String) {
    let files = desired.sets.get("services").into_iter().flatten();
    let known = known(desired, observed);
    let mut decided = Vec::new();
    for file in files.filter(|file| file.creates(ObjectKind::Service, service)) {
        let statements = file.statements.iter().filter(|s| !matches!(s.effect, Effect::Use { .. }));
        decided.extend(statements.map(|s| (&s.effect, decide(s, file, &known))));
    }
    // That it runs its spec says more of a service that is left alone than that it is there.
    let acts = decided.iter().position(|(_, (change, _))| *change != Change::Unchanged);
    let spec = decided.iter().position(|(effect, _)| matches!(effect, Effect::Respec { .. }));
    let decision = decided.into_iter().nth(acts.or(spec).unwrap_or(0)).map(|(_, said)| said);
    decision.unwrap_or_else(|| (Change::Unchanged, "no file creates it".to_owned()))
}

/// The services that a file creates, by full name.
pub(super) fn services_of(file: &SqlFile) -> impl Iterator<Item = &str> {
    file.statements.iter().filter_map(|statement| match &statement.effect {
        Effect::Create { kind: ObjectKind::Service, name, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// The id of the step whose file creates an object.
pub(super) fn creator(files: &[SqlFile], kind: ObjectKind, name: &str) -> Option<String> {
    files.iter().find(|file| file.creates(kind, name)).map(Step::id_of)
}
