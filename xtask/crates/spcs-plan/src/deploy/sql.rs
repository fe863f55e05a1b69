//! Steps that run files of `sql/`.

use crate::decide::{Known, decide};
use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{PlannedStatement, Step, StepId, planned_statements};
use crate::sql::{Effect, ObjectKind, SqlFile};

/// One step per file, each depending on the one before it.
pub(super) fn chain<'f>(
    desired: &Desired,
    observed: &Observed,
    files: impl Iterator<Item = &'f SqlFile>,
    first_needs: Vec<StepId>,
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

/// The file that creates a service.
pub(super) fn file_of<'d>(desired: &'d Desired, service: &str) -> Option<&'d SqlFile> {
    let mut files = desired.sets.get("services").into_iter().flatten();
    files.find(|file| file.creates(ObjectKind::Service, service))
}

/// The planned statements of one file.
pub(super) fn statements(
    desired: &Desired,
    observed: &Observed,
    file: &SqlFile,
) -> Vec<PlannedStatement> {
    let known = known(desired, observed);
    planned_statements(file, |statement| decide(statement, file, &known))
}

/// The full names of the services that a file creates.
pub(super) fn services_of(file: &SqlFile) -> impl Iterator<Item = &str> {
    file.statements.iter().filter_map(|statement| match &statement.effect {
        Effect::Create { kind: ObjectKind::Service, name, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// The id of the step whose file creates an object.
pub(super) fn creator(files: &[SqlFile], kind: ObjectKind, name: &str) -> Option<StepId> {
    files.iter().find(|file| file.creates(kind, name)).map(StepId::of_file)
}
