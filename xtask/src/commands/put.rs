//! `put`: uploads the rendered specs to their stage.

use anyhow::Result;
use spcs_plan::Action;

use crate::context::Context;
use crate::phase;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let put = |action: &Action| matches!(action, Action::Put { .. });
    let outcome = phase::run(context, None, put).await?;
    context.console.changes(&outcome)
}
