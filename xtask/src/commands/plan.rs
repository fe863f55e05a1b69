//! `plan`: shows what deploy would do.

use anyhow::Result;
use spcs_plan::config::Target as Config;
use spcs_plan::{Observed, Plan};

use crate::context::Context;
use crate::password;
use crate::platform;
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context) -> Result<()> {
    let files = target::files(context)?;
    let found = password::find(&target::password_file(context, &files.project)?)?;
    let known = password::known(found.as_ref());
    let plan = match files.project.target(context.target())? {
        // Before the first start there is no state to read; afterwards only the platform knows it.
        Config::Local(local) if !platform::was_started(&context.root()?.join(&local.state_dir)) => {
            context.console.say(
                "there is no local platform yet: this is the plan for an empty one; deploy starts it",
            );
            spcs_plan::deploy(&files.desired, &Observed::default(), known)?
        }
        _ => {
            let target = Target::reach(context, files, Platform::MustRun).await?;
            let observed = target.observe().await?;
            spcs_plan::deploy(&target.desired, &observed, known)?
        }
    };
    print(context, &plan)
}

pub(crate) fn print(context: &Context, plan: &Plan) -> Result<()> {
    context.console.data(plan, plan.to_string())
}
