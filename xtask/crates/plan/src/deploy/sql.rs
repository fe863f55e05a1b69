//! Steps that run files of `sql/`, statement by statement.

use crate::desired::{Desired, settings_hold};
use crate::observed::Observed;
use crate::plan::{Action, Change, PlannedStatement, Step};
use crate::sql::{Effect, ObjectKind, SqlFile, Statement};

/// A step for each file of a set, each after the one before it. Files that create services are left
/// out: the steps of the services run them, when the names of the specs are known.
pub(super) fn chain(
    desired: &Desired,
    observed: &Observed,
    set: &str,
    first_needs: Vec<String>,
) -> Vec<Step> {
    let mut needs = first_needs;
    let mut steps = Vec::new();
    for file in desired.sets.get(set).into_iter().flatten().filter(|file| !creates_service(file)) {
        let step = sql_step(file, needs, |statement| decide(statement, file, observed));
        needs = vec![step.id.clone()];
        steps.push(step);
    }
    steps
}

fn creates_service(file: &SqlFile) -> bool {
    file.statements.iter().any(|statement| {
        matches!(statement.effect, Effect::Create { kind: ObjectKind::Service, .. })
    })
}

/// The id of the step whose file creates an object.
pub(super) fn creator(
    desired: &Desired,
    set: &str,
    kind: ObjectKind,
    name: &str,
) -> Option<String> {
    let creates = |statement: &Statement| matches!(&statement.effect, Effect::Create { kind: k, name: n, .. } if *k == kind && n == name);
    let mut files = desired.sets.get(set).into_iter().flatten();
    files.find(|file| file.statements.iter().any(creates)).map(step_id)
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
    let acts = |s: &&PlannedStatement| s.change != Change::Unchanged && !s.changes_session_only();
    let change = match statements.iter().find(acts) {
        Some(first) => {
            let all_alike = statements.iter().filter(acts).all(|s| s.change == first.change);
            if all_alike { first.change } else { Change::Run }
        }
        None => Change::Unchanged,
    };
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
            [one] => one.to_string(),
            [first, ..] => {
                let all: Vec<&str> = grants.iter().map(|grant| grant.privilege.as_str()).collect();
                first.to_string().replacen(&first.privilege, &all.join(", "), 1)
            }
            [] => "nothing".to_owned(),
        },
        Effect::Other => text.lines().next().unwrap_or_default().to_owned(),
    }
}

fn decide(statement: &Statement, file: &SqlFile, observed: &Observed) -> (Change, String) {
    let is = |change: Change, reason: &str| (change, reason.to_owned());
    match &statement.effect {
        Effect::Use { .. } => is(Change::Run, "for the statements after it"),
        Effect::Create { kind, name, or_alter, settings } => match observed.find(*kind, name) {
            None => is(Change::Create, "not there"),
            Some(seen) if *or_alter && !settings_hold(settings, &seen.properties) => {
                is(Change::Alter, "its settings differ")
            }
            Some(_) => is(Change::Unchanged, "is there"),
        },
        // What its own file creates needs no setting afterwards.
        Effect::Alter { kind, name, settings } => match observed.find(*kind, name) {
            None if creates(file, *kind, name) => is(Change::Unchanged, "created so"),
            Some(seen) if is_known(settings, &seen.properties) => {
                if settings_hold(settings, &seen.properties) {
                    is(Change::Unchanged, "is set so")
                } else {
                    is(Change::Alter, "its settings differ")
                }
            }
            _ => is(Change::Alter, "what it is set to is not shown"),
        },
        Effect::Resume { kind, name } => match observed.find(*kind, name) {
            Some(seen)
                if seen.properties.get("state").is_some_and(|s| s.starts_with("SUSPEND")) =>
            {
                is(Change::Alter, "is suspended")
            }
            _ => is(Change::Unchanged, "is not suspended"),
        },
        Effect::Grant { grants } if grants.iter().all(|g| observed.grants.contains(g)) => {
            is(Change::Unchanged, "is granted")
        }
        Effect::Grant { .. } => is(Change::Create, "not granted"),
        Effect::Drop { .. } => is(Change::Drop, "as the file says"),
        Effect::Respec { .. } | Effect::Other => is(Change::Run, "always runs"),
    }
}

fn creates(file: &SqlFile, kind: ObjectKind, name: &str) -> bool {
    file.statements.iter().any(|statement| {
        matches!(&statement.effect, Effect::Create { kind: k, name: n, .. } if *k == kind && n == name)
    })
}

/// Whether any of the settings was observed. A password never is: it is set whenever it is asked for.
fn is_known(
    settings: &std::collections::BTreeMap<String, String>,
    properties: &std::collections::BTreeMap<String, String>,
) -> bool {
    !settings.contains_key("password") && (properties.is_empty() || !settings.is_empty())
}
