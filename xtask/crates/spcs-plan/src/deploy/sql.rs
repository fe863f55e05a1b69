//! Steps that run files of `sql/`, statement by statement.

use crate::desired::{Desired, settings_hold};
use crate::observed::{Observed, ObservedObject};
use crate::plan::{Action, Change, PlannedStatement, Step};
use crate::sql::{Effect, ObjectKind, SqlFile, Statement};

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
        let step = sql_step(file, needs, |statement| decide(statement, file, &known));
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
    files.iter().find(|file| file.creates(kind, name)).map(step_id)
}

fn step_id(file: &SqlFile) -> String {
    format!("sql:{}/{}", file.set, file.name())
}

/// A step for a file; when nothing of it is to be sent, its USE is not sent either.
pub(crate) fn sql_step(
    file: &SqlFile,
    needs: Vec<String>,
    decide: impl Fn(&Statement) -> (Change, String),
) -> Step {
    let mut statements: Vec<PlannedStatement> = file
        .statements
        .iter()
        .map(|statement| {
            let (change, reason) = decide(statement);
            PlannedStatement {
                line: statement.line,
                text: statement.text.clone(),
                change,
                summary: summary_of(&statement.effect, &statement.text),
                reason,
            }
        })
        .collect();
    let change = Change::of(&statements);
    if change == Change::Unchanged {
        statements.iter_mut().for_each(|statement| statement.change = Change::Unchanged);
    }
    Step {
        id: step_id(file),
        needs,
        change,
        subject: file.path.clone(),
        reason: file.purpose.clone(),
        action: Action::Sql { file: file.path.clone(), role: file.role.clone(), statements },
    }
}

/// What a statement is about, for people.
pub(crate) fn summary_of(effect: &Effect, text: &str) -> String {
    match effect {
        Effect::Use { what } => format!("session {}", what.to_lowercase()),
        Effect::Create { kind, name, .. } | Effect::Drop { kind, name } => format!("{kind} {name}"),
        Effect::Alter { kind, name, .. } => format!("settings of {kind} {name}"),
        Effect::Respec { name } => format!("spec of service {name}"),
        Effect::Resume { kind, name } => format!("{kind} {name}"),
        Effect::Grant { grants } => match grants.as_slice() {
            [one] => format!("grant of {one}"),
            [first, ..] => {
                let all: Vec<&str> = grants.iter().map(|grant| grant.privilege.as_str()).collect();
                let first_only = format!("grant of {first}");
                first_only.replacen(&first.privilege, &all.join(", "), 1)
            }
            [] => "nothing".to_owned(),
        },
        Effect::Other => text.lines().next().unwrap_or_default().to_owned(),
    }
}

/// What statements are decided against.
pub(crate) struct Known<'k, D: Fn(&str) -> Option<String>> {
    /// The target.
    pub(crate) observed: &'k Observed,
    /// The comment of what is ours.
    pub(crate) owner_comment: &'k str,
    /// Which spec a service is to run, by the service's full name.
    pub(crate) spec_digest: D,
}

/// What a statement does to a target, seen from what is there. What others made is used, and never
/// changed.
pub(crate) fn decide(
    statement: &Statement,
    file: &SqlFile,
    known: &Known<'_, impl Fn(&str) -> Option<String>>,
) -> (Change, String) {
    let is = |change: Change, reason: &str| (change, reason.to_owned());
    let (kind, name) = match &statement.effect {
        Effect::Use { .. } => return is(Change::Run, "for the statements after it"),
        Effect::Drop { .. } => return is(Change::Drop, "as the file says"),
        Effect::Other => return is(Change::Run, "always runs"),
        Effect::Grant { grants } => {
            return match grants.iter().all(|grant| known.observed.grants.contains(grant)) {
                true => is(Change::Unchanged, "is granted"),
                false => is(Change::Create, "not granted"),
            };
        }
        Effect::Respec { name } => (ObjectKind::Service, name),
        Effect::Create { kind, name, .. }
        | Effect::Alter { kind, name, .. }
        | Effect::Resume { kind, name } => (*kind, name),
    };
    let creates = matches!(statement.effect, Effect::Create { .. });
    let Some(seen) = known.observed.find(kind, name) else {
        return match () {
            () if creates => is(Change::Create, "not there"),
            () if file.creates(kind, name) => is(Change::Unchanged, "created so"),
            () => is(Change::Alter, "not there before"),
        };
    };
    if seen.comment != known.owner_comment && kind != ObjectKind::SecurityIntegration {
        return is(Change::Unchanged, "is there, used as it is: not of this deployment");
    }
    match &statement.effect {
        // It is set whenever it is asked for.
        Effect::Alter { settings, .. } if settings.contains_key("password") => {
            is(Change::Alter, "a password is not shown")
        }
        Effect::Create { or_alter: true, settings, .. } | Effect::Alter { settings, .. } => {
            if settings_hold(settings, &seen.properties) {
                is(Change::Unchanged, "is set so")
            } else {
                is(Change::Alter, "its settings differ")
            }
        }
        Effect::Respec { .. } => {
            match known.observed.services.get(name).and_then(|s| s.spec_digest.clone()) {
                None => is(Change::Alter, "runs a spec without a digest"),
                running if running == (known.spec_digest)(name) => {
                    is(Change::Unchanged, "runs this spec")
                }
                Some(other) => (Change::Alter, format!("runs the spec {other}")),
            }
        }
        Effect::Resume { .. } if is_suspended(&seen) => is(Change::Alter, "is suspended"),
        Effect::Resume { .. } => is(Change::Unchanged, "is not suspended"),
        _ => is(Change::Unchanged, "is there"),
    }
}

fn is_suspended(seen: &ObservedObject) -> bool {
    let state = seen.properties.get("status").or_else(|| seen.properties.get("state"));
    state.is_some_and(|state| state.starts_with("SUSPEND"))
}
