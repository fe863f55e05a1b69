//! `clean`: drops what deploy created, and nothing else.

use anyhow::Result;
use serde_json::json;
use spcs_plan::config::Target as Config;
use spcs_plan::{Action, Change, Plan, PlannedStatement, Reason};

use crate::context::Context;
use crate::platform;
use crate::remains;
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context) -> Result<()> {
    let files = target::files(context)?;
    remains::end_builds(context)?;
    if let Config::Local(local) = files.project.target(context.target())? {
        let state_dir = context.root()?.join(&local.state_dir);
        if !platform::was_started(&state_dir) {
            context.console.say("nothing to do: there is no local platform");
            remains::report(context, &files.project)?;
            return context.console.data(&json!({"changes": []}), "");
        }
    }
    // A stopped platform still has the deployed objects.
    let target = Target::reach(context, files, Platform::Start).await?;
    let observed = target.observe_for_clean().await?;
    let plan = spcs_plan::clean(&target.desired, &observed);
    let dropped = dropped(&plan);
    if dropped.is_empty() {
        context.console.say("nothing to do: the target has nothing of this deployment");
        remains::report(context, &target.project)?;
        return context.console.data(&json!({"changes": []}), "");
    }
    context.console.say(format!(
        "this will be dropped from the target `{}`, with everything in it:",
        context.target()
    ));
    for line in &dropped {
        context.console.say(format!("  - {line}"));
    }
    for line in kept(&plan) {
        context.console.say(format!("  = {line}"));
    }
    context.console.confirm("drop all of it?")?;
    let outcome = target.execute(&plan, observed, None, None).await?;
    if target::state_dir(context, &target.project)?.is_some() {
        context.console.say("the local platform keeps running: `cargo xtask local stop` ends it");
    }
    remains::report(context, &target.project)?;
    context.console.changes(&outcome)
}

fn dropped(plan: &Plan) -> Vec<String> {
    let drops = statements(plan).filter(|statement| statement.change == Change::Drop);
    drops.map(PlannedStatement::summary).collect()
}

/// Objects with the deployment's names that are kept, each with the reason.
fn kept(plan: &Plan) -> Vec<String> {
    let kept = statements(plan).filter(|statement| matches!(statement.reason, Reason::Kept(_)));
    kept.map(|statement| format!("{}: {}", statement.summary(), statement.reason)).collect()
}

fn statements(plan: &Plan) -> impl Iterator<Item = &PlannedStatement> {
    plan.steps.iter().flat_map(|step| match &step.action {
        Action::Sql { statements, .. } => statements.as_slice(),
        _ => &[],
    })
}
