//! The statements of a service whose images are built while the plan runs.

use crate::decide::{Known, decide};
use crate::desired::no_file_creates;
use crate::error::Error;
use crate::files::{self, ServiceFacts};
use crate::observed::Observed;
use crate::plan::{PlannedStatement, planned_statements};
use crate::project::Project;
use crate::spec::{self, RenderedSpec};
use crate::variables::owner_comment;

/// Decides every statement of the file that creates a service. Renders only that file.
///
/// A missing service is created, and nothing else is sent. An existing one gets an ALTER SERVICE if
/// its spec differs, another if its settings differ, and a RESUME if it is suspended.
pub fn service_statements(
    project: &Project,
    target: &str,
    service: &str,
    file: &str,
    desired: &RenderedSpec,
    observed: &Observed,
) -> Result<Vec<PlannedStatement>, Error> {
    let facts = ServiceFacts::of(desired);
    let file = files::render_for_service(project, target, file, service, facts)?;
    let name = project.in_schema(&spec::find(project, service)?.name);
    let file = file.ok_or_else(|| no_file_creates(service, &name))?;
    let known = Known {
        observed,
        owner_comment: &owner_comment(&project.config),
        spec_digest: |_: &str| Some(desired.spec_digest.clone()),
    };
    Ok(planned_statements(&file, |statement| decide(statement, &file, &known)))
}
