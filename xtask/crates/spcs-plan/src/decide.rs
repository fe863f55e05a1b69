//! What each statement of a file does to a target, given what is there.

use crate::observed::{Observed, ObservedObject};
use crate::plan::Change;
use crate::sql::{Effect, ObjectKind, SqlFile, Statement};

mod settings;

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
            if settings::hold(settings, &seen.properties) {
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
