//! The statements of `sql/services` that bring a service to its spec.

use std::collections::BTreeMap;

use crate::decide::{Known, decide};
use crate::desired::nothing_creates;
use crate::error::Error;
use crate::files::{self, ServiceFacts};
use crate::observed::{Observed, ObservedService};
use crate::plan::{Action, PlannedStatement, Step};
use crate::project::Project;
use crate::spec::{RenderedSpec, find};
use crate::sql::{ObjectKind, SqlFile};
use crate::variables::owner_comment;

/// The path of a service's file and all its statements, those to be sent marked with what they change.
///
/// A service that is not there is created and nothing else; one that runs another spec gets one
/// ALTER SERVICE, one whose settings differ another, one that is suspended is resumed.
pub fn service_statements(
    project: &Project,
    target: &str,
    service: &str,
    wanted: &RenderedSpec,
    observed: Option<&ObservedService>,
) -> Result<(String, Vec<PlannedStatement>), Error> {
    let (file, name) = file_of(project, target, service, &wanted.file_name)?;
    let services = observed.map(|service| (name, service.clone())).into_iter().collect();
    let observed = Observed { services, ..Observed::default() };
    let known = Known {
        observed: &observed,
        owner_comment: &owner_comment(&project.config),
        spec_digest: |_: &str| Some(wanted.spec_digest.clone()),
    };
    let step = Step::of_file(&file, Vec::new(), |statement| decide(statement, &file, &known));
    match step.action {
        Action::Sql { file, statements, .. } => Ok((file, statements)),
        _ => Ok((file.path, Vec::new())),
    }
}

/// The file that creates a service, and the service's full name.
fn file_of(
    project: &Project,
    target: &str,
    service: &str,
    spec_file: &str,
) -> Result<(SqlFile, String), Error> {
    let name = project.in_schema(&find(project, service)?.name);
    let facts = ServiceFacts { spec_file: Some(spec_file.to_owned()), ..ServiceFacts::default() };
    let facts = BTreeMap::from([(service.to_owned(), facts)]);
    let files = files::rendered(project, target, "services", &facts)?;
    let file = files.into_iter().find(|file| file.creates(ObjectKind::Service, &name));
    Ok((file.ok_or_else(|| nothing_creates(service, &name))?, name))
}
