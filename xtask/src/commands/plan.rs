//! `plan`: what deploy would do.

use anyhow::Result;
use plan::config::Target as Config;
use plan::{Observed, Plan};

use crate::context::Context;
use crate::platform;
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context) -> Result<()> {
    let files = target::files(context)?;
    let plan = match files.project.target(context.target())? {
        // A platform that does not run was either never started, or knows what it knew: starting it
        // would be a change, and looking at its files is not this command's business.
        Config::Local(local)
            if platform::running(&context.root()?.join(&local.state_dir)).await?.is_none() =>
        {
            context.console.say(
                "the local platform does not run: this is the plan for an empty one; deploy starts it",
            );
            plan::deploy(&files.desired, &Observed::default())
        }
        _ => {
            let target = Target::reach(context, files, Platform::MustRun).await?;
            let observed = target.observe().await?;
            target.sessions.close().await;
            plan::deploy(&target.desired, &observed)
        }
    };
    print(context, &plan)
}

/// Prints a plan: what it holds is what would happen.
pub(crate) fn print(context: &Context, plan: &Plan) -> Result<()> {
    context.console.data(plan, plan.to_string())
}
