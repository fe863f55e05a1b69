//! Decides what each statement changes on a target, given its observed state.

use crate::observed::{Observed, ObservedObject};
use crate::plan::{Change, Reason};
use crate::sql::{Effect, ObjectKind, SqlFile, Statement};

mod settings;

/// The state that statements are compared with.
pub(crate) struct Known<'k, D: Fn(&str) -> Option<String>> {
    pub(crate) observed: &'k Observed,
    /// The comment of the deployment's own objects.
    pub(crate) owner_comment: &'k str,
    /// The digest of the desired spec of a service, by the service's full name.
    pub(crate) spec_digest: D,
}

/// Decides what a statement changes, and why. Objects of others are used but never changed.
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
        Effect::ChangeSpec { name } => (ObjectKind::Service, name),
        Effect::Create { kind, name, .. }
        | Effect::Alter { kind, name, .. }
        | Effect::Resume { kind, name } => (*kind, name),
    };
    let creates = matches!(statement.effect, Effect::Create { .. });
    let Some(seen) = known.observed.find(kind, name) else {
        return match () {
            () if creates => (Change::Create, Reason::Missing),
            () if file.creates(kind, name) => (Change::Unchanged, Reason::SetOnCreation),
            () => (Change::Alter, Reason::CreatedEarlier),
        };
    };
    if seen.comment != known.owner_comment && kind != ObjectKind::SecurityIntegration {
        return (Change::Unchanged, Reason::UsedAsIs);
    }
    match &statement.effect {
        // No target shows a password, so it is always set.
        Effect::Alter { settings, .. } if settings.contains_key("password") => {
            (Change::Alter, Reason::PasswordNotShown)
        }
        Effect::Create { or_alter: true, settings, .. } | Effect::Alter { settings, .. } => {
            if settings::all_match(settings, &seen.properties) {
                (Change::Unchanged, Reason::SettingsMatch)
            } else {
                (Change::Alter, Reason::SettingsDiffer)
            }
        }
        Effect::ChangeSpec { .. } => {
            match known.observed.services.get(name).and_then(|s| s.spec_digest.clone()) {
                None => (Change::Alter, Reason::RunsSpecWithoutDigest),
                running if running == (known.spec_digest)(name) => {
                    (Change::Unchanged, Reason::RunsDesiredSpec)
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
