//! Runs one phase of `deploy`: the same plan, reduced to some of its steps.

use std::time::Duration;

use anyhow::Result;
use spcs_apply::execute::Outcome;
use spcs_plan::Action;

use crate::context::Context;
use crate::password;
use crate::target::{self, Platform, Target};

/// Executes the steps whose action is `wanted`. The target must already be running.
pub(crate) async fn run(
    context: &Context,
    timeout: Option<Duration>,
    wanted: impl Fn(&Action) -> bool,
) -> Result<Outcome> {
    let target = Target::open(context, Platform::MustRun).await?;
    let observed = target.observe().await?;
    let found = password::find(&target::password_file(context, &target.project)?)?;
    let known = password::known(found.as_ref());
    let plan =
        spcs_plan::deploy(&target.desired, &observed, known)?.select(|step| wanted(&step.action));
    target.execute(&plan, observed, None, timeout).await
}
