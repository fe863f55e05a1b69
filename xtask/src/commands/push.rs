//! `push`: pushes the built images to the account's image repository.

use anyhow::Result;
use spcs_plan::Action;

use crate::context::Context;
use crate::phase;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let push = |action: &Action| matches!(action, Action::Push { .. });
    let outcome = phase::run(context, None, push).await?;
    context.console.changes(&outcome)
}
