//! `services`: creates or rolls the services and waits until they are ready.

use anyhow::Result;
use spcs_plan::Action;

use crate::cli::Waiting;
use crate::context::Context;
use crate::phase;

pub(crate) async fn run(context: &Context, args: Waiting) -> Result<()> {
    let outcome = phase::run(context, Some(args.timeout), |action| {
        matches!(
            action,
            Action::Service { .. } | Action::WaitService { .. } | Action::WaitPool { .. }
        )
    })
    .await?;
    context.console.changes(&outcome)
}
