//! The statements of a service whose images were built after the plan was made.

use crate::decide::{Known, decide};
use crate::desired::nothing_creates;
use crate::error::Error;
use crate::files::{self, ServiceFacts};
use crate::observed::Observed;
use crate::plan::{PlannedStatement, planned_statements};
use crate::project::Project;
use crate::spec::{self, RenderedSpec};
use crate::variables::owner_comment;

/// All statements of the file that creates a service, those to be sent marked with what they change.
/// Only that file is rendered: the plan names it.
///
/// A service that is not there is created and nothing else; one that runs another spec gets one
/// ALTER SERVICE, one whose settings differ another, one that is suspended is resumed.
pub fn service_statements(
    project: &Project,
    target: &str,
    service: &str,
    file: &str,
    wanted: &RenderedSpec,
    observed: &Observed,
) -> Result<Vec<PlannedStatement>, Error> {
    let facts = ServiceFacts::of(wanted);
    let file = files::rendered_for(project, target, file, service, facts)?;
    let name = project.in_schema(&spec::find(project, service)?.name);
    let file = file.ok_or_else(|| nothing_creates(service, &name))?;
    let known = Known {
        observed,
        owner_comment: &owner_comment(&project.config),
        spec_digest: |_: &str| Some(wanted.spec_digest.clone()),
    };
    Ok(planned_statements(&file, |statement| decide(statement, &file, &known)))
}
