//! `grants`: grants the services' roles.

use anyhow::Result;
use spcs_plan::{Action, SqlSet};

use crate::context::Context;
use crate::phase;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let grants = |action: &Action| matches!(action, Action::Sql { set: SqlSet::Services, .. });
    let outcome = phase::run(context, None, grants).await?;
    context.console.changes(&outcome)
}
