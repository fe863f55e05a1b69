//! The statements of `sql/services` that bring a service to its spec.

use std::collections::BTreeMap;

use crate::desired::{self, settings_hold};
use crate::error::{Error, ErrorKind};
use crate::observed::ObservedService;
use crate::plan::{Change, PlannedStatement};
use crate::project::Project;
use crate::spec::{RenderedSpec, find};
use crate::sql::{Effect, ObjectKind, SqlFile};

/// All statements of a service's file, those to be sent marked with what they change.
///
/// A service that is not there is created and nothing else; one that runs another spec gets one
/// ALTER SERVICE, one whose settings differ another, one that is suspended is resumed.
pub fn service_statements(
    project: &Project,
    target: &str,
    service: &str,
    wanted: &RenderedSpec,
    observed: Option<&ObservedService>,
) -> Result<Vec<PlannedStatement>, Error> {
    let (file, name) = file_of(project, target, service, &wanted.file_name)?;
    let mut planned: Vec<PlannedStatement> = file
        .statements
        .iter()
        .map(|statement| {
            let (change, reason) = decide(&statement.effect, wanted, observed);
            PlannedStatement {
                line: statement.line,
                text: statement.text.clone(),
                change,
                summary: summary(&statement.effect, &name),
                reason,
            }
        })
        .collect();
    if planned.iter().all(|s| s.changes_session_only() || s.change == Change::Unchanged) {
        planned.iter_mut().for_each(|statement| statement.change = Change::Unchanged);
    }
    Ok(planned)
}

/// The settings that the file's ALTER SERVICE … SET or UNSET names.
pub(super) fn settings(
    project: &Project,
    target: &str,
    service: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let (file, _) = file_of(project, target, service, "unnamed.yaml")?;
    let mut settings = BTreeMap::new();
    for statement in &file.statements {
        if let Effect::Alter { kind: ObjectKind::Service, settings: these, .. } = &statement.effect
        {
            settings.extend(these.clone());
        }
    }
    Ok(settings)
}

/// The file that creates a service, and the service's full name.
fn file_of(
    project: &Project,
    target: &str,
    service: &str,
    spec_file: &str,
) -> Result<(SqlFile, String), Error> {
    let name = desired::in_schema(project, &find(project, service)?.name);
    let spec_files = BTreeMap::from([(service.to_owned(), spec_file.to_owned())]);
    let files = desired::sql_files(project, target, "services", &spec_files)?;
    let creates = |file: &SqlFile| {
        file.statements.iter().any(|statement| {
            matches!(&statement.effect, Effect::Create { kind: ObjectKind::Service, name: created, .. } if *created == name)
        })
    };
    let file = files.into_iter().find(creates).ok_or_else(|| {
        Error::new(ErrorKind::Sql, format!("no file of sql/services creates the service `{name}`"))
            .with_hint(format!("add one with `CREATE SERVICE IF NOT EXISTS`, or take [services.{service}] out of spcs.toml"))
    })?;
    Ok((file, name))
}

fn decide(
    effect: &Effect,
    wanted: &RenderedSpec,
    observed: Option<&ObservedService>,
) -> (Change, String) {
    let unchanged = |reason: &str| (Change::Unchanged, reason.to_owned());
    match (effect, observed) {
        (Effect::Use { .. }, _) => (Change::Run, "for the statements after it".to_owned()),
        (Effect::Create { .. }, None) => (Change::Create, "not there".to_owned()),
        (Effect::Create { .. }, Some(_)) => unchanged("is there"),
        (Effect::Respec { .. } | Effect::Alter { .. } | Effect::Resume { .. }, None) => {
            unchanged("just created so")
        }
        (Effect::Respec { .. }, Some(service)) => match service.spec_digest.as_deref() {
            Some(digest) if digest == wanted.spec_digest => unchanged("runs this spec"),
            Some(digest) => (Change::Alter, format!("runs the spec {digest}")),
            None => (Change::Alter, "runs a spec without a digest".to_owned()),
        },
        (Effect::Alter { settings, .. }, Some(service)) => {
            if settings_hold(settings, &service.properties) {
                unchanged("is set so")
            } else {
                (Change::Alter, "its settings differ".to_owned())
            }
        }
        (Effect::Resume { .. }, Some(service)) if service.status.starts_with("SUSPEND") => {
            (Change::Alter, "is suspended".to_owned())
        }
        (Effect::Resume { .. }, Some(_)) => unchanged("is not suspended"),
        _ => (Change::Run, "always runs".to_owned()),
    }
}

fn summary(effect: &Effect, name: &str) -> String {
    match effect {
        Effect::Use { what } => format!("session {}", what.to_lowercase()),
        Effect::Respec { .. } => format!("spec of service {name}"),
        Effect::Alter { .. } => format!("settings of service {name}"),
        _ => format!("service {name}"),
    }
}
