//! `sql`: a set of files, or one of them.

use anyhow::Result;
use deploy::error::Kind;
use plan::{Action, Plan};

use crate::cli::Sql;
use crate::commands::phases;
use crate::context::Context;
use crate::failure::Failure;
use crate::password::{self, Password};
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context, args: Sql) -> Result<()> {
    let files = target::files(context)?;
    let selection = args.selection.trim_start_matches("./").trim_end_matches('/');
    let path = selection.strip_prefix("sql/").unwrap_or(selection);
    let set = path.split('/').next().unwrap_or(path).to_owned();
    if !files.desired.sets.contains_key(&set) {
        let known: Vec<&str> = files.desired.sets.keys().map(String::as_str).collect();
        let message = format!("there is no set of SQL files `{set}`");
        return Err(Failure::new(Kind::Input, message)
            .hint(format!("choose one of {}, or a file of it", known.join(", ")))
            .into());
    }
    let starts = if set == "bootstrap" { Platform::Start } else { Platform::MustRun };
    let file = target::password_file(context, &files.project)?;
    let found = password::find(&file)?;
    let target = Target::reach(context, files, starts).await?;
    let observed = target.observe().await?;
    let known = password::known(found.as_ref());
    let mut plan = plan::run_set(&target.desired, &observed, known, &set)?;
    if path != set {
        plan = one_file(plan, path)?;
    }
    if set == "teardown" {
        context.console.say(plan.to_string());
        context.console.confirm("drop these objects?")?;
    }
    // A password that nothing sends is neither made nor taken to be set.
    let password = match plan.sends_secret() {
        true => password::for_plan(&plan, found, &file)?,
        false => None,
    };
    let secrets = password.as_ref().map(Password::secrets).unwrap_or_default();
    let outcome = target.execute(&plan, observed, secrets, None).await?;
    if let Some(password) = password {
        password.is_set()?;
    }
    phases::changes(context, &outcome)
}

fn one_file(plan: Plan, path: &str) -> Result<Plan> {
    let wanted = format!("sql/{path}");
    let files: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Sql { file, .. } => Some(file.clone()),
            _ => None,
        })
        .collect();
    if !files.contains(&wanted) {
        let message = format!("`{wanted}` is not a file that runs by itself");
        let hint = format!(
            "choose one of {}; files that create a service are run by `cargo xtask services`",
            files.join(", ")
        );
        return Err(Failure::new(Kind::Input, message).hint(hint).into());
    }
    Ok(plan.select(|step| matches!(&step.action, Action::Sql { file, .. } if *file == wanted)))
}
