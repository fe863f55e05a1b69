//! `sql`: runs a set of SQL files, or one file of it.

use anyhow::Result;
use spcs_plan::SqlSet;

use crate::cli::Sql;
use crate::context::Context;
use crate::password;
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context, args: Sql) -> Result<()> {
    let files = target::files(context)?;
    let selection = args.selection.trim_start_matches("./").trim_end_matches('/');
    let selection = selection.strip_prefix("sql/").unwrap_or(selection);
    spcs_plan::chosen_files(&files.desired, selection)?;
    let set = SqlSet::named(selection.split('/').next().unwrap_or(selection));
    let starts = match set {
        SqlSet::Bootstrap => Platform::Start,
        _ => Platform::MustRun,
    };
    let file = target::password_file(context, &files.project)?;
    let found = password::find(&file)?;
    let target = Target::reach(context, files, starts).await?;
    let observed = match set {
        SqlSet::Teardown => target.observe_for_clean().await?,
        _ => target.observe().await?,
    };
    let known = password::known(found.as_ref());
    let plan = spcs_plan::run_sql(&target.desired, &observed, known, selection)?;
    if set == SqlSet::Teardown {
        context.console.say(plan.to_string());
        context.console.confirm("drop these objects?")?;
    }
    // Without a statement that sends the password, none is generated or marked as set.
    let password = match plan.sends_secret() {
        true => password::for_plan(&plan, found, &file)?,
        false => None,
    };
    let outcome = target.execute(&plan, observed, password.as_ref(), None).await?;
    context.console.changes(&outcome)
}
