//! `grants`: grants the services' roles.

use anyhow::Result;
use spcs_plan::Action;

use crate::context::Context;
use crate::phase;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let outcome = phase::run(
        context,
        None,
        |action| matches!(action, Action::Sql { file, .. } if file.starts_with("sql/services/")),
    )
    .await?;
    context.console.changes(&outcome)
}
