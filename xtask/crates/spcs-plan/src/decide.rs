//! What each statement of a file does to a target, given what is there.

use crate::observed::{Observed, ObservedObject};
use crate::plan::{Change, Reason};
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
) -> (Change, Reason) {
    let (kind, name) = match &statement.effect {
        Effect::Use { .. } => return (Change::Run, Reason::ChangesSession),
        Effect::Drop { .. } => return (Change::Drop, Reason::FileDrops),
        Effect::Other => return (Change::Run, Reason::AlwaysRuns),
        Effect::Grant { grants } => {
            return match grants.iter().all(|grant| known.observed.grants.contains(grant)) {
                true => (Change::Unchanged, Reason::Granted),
                false => (Change::Create, Reason::NotGranted),
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
            () if creates => (Change::Create, Reason::Missing),
            () if file.creates(kind, name) => (Change::Unchanged, Reason::CreatedSo),
            () => (Change::Alter, Reason::MissingBefore),
        };
    };
    if seen.comment != known.owner_comment && kind != ObjectKind::SecurityIntegration {
        return (Change::Unchanged, Reason::UsedAsItIs);
    }
    match &statement.effect {
        // It is set whenever it is asked for.
        Effect::Alter { settings, .. } if settings.contains_key("password") => {
            (Change::Alter, Reason::PasswordNotShown)
        }
        Effect::Create { or_alter: true, settings, .. } | Effect::Alter { settings, .. } => {
            if settings::hold(settings, &seen.properties) {
                (Change::Unchanged, Reason::SettingsHold)
            } else {
                (Change::Alter, Reason::SettingsDiffer)
            }
        }
        Effect::Respec { .. } => {
            match known.observed.services.get(name).and_then(|s| s.spec_digest.clone()) {
                None => (Change::Alter, Reason::RunsUnmarkedSpec),
                running if running == (known.spec_digest)(name) => {
                    (Change::Unchanged, Reason::RunsWantedSpec)
                }
                Some(other) => (Change::Alter, Reason::RunsSpec(other)),
            }
        }
        Effect::Resume { .. } if is_suspended(&seen) => (Change::Alter, Reason::Suspended),
        Effect::Resume { .. } => (Change::Unchanged, Reason::NotSuspended),
        _ => (Change::Unchanged, Reason::Exists),
    }
}

fn is_suspended(seen: &ObservedObject) -> bool {
    let state = seen.properties.get("status").or_else(|| seen.properties.get("state"));
    state.is_some_and(|state| state.starts_with("SUSPEND"))
}
