//! `deploy`: runs every phase, from building images to printing the URL.

use anyhow::Result;
use serde_json::json;
use spcs_apply::execute::Outcome;
use spcs_plan::{Change, StepId};

use crate::cli::Waiting;
use crate::commands::setup;
use crate::context::Context;
use crate::ingress;
use crate::password::{self, Password, Place, VARIABLE};
use crate::remains;
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context, args: Waiting) -> Result<()> {
    let files = target::files(context)?;
    remains::end_builds(context)?;
    setup::install_with_yes(context, &files)?;
    let file = target::password_file(context, &files.project)?;
    let found = password::find(&file)?;
    target::ready_to_build(context, &files, |_| true)?;
    let target = Target::reach(context, files, Platform::Start).await?;
    let observed = target.observe().await?;
    let plan = spcs_plan::deploy(&target.desired, &observed, password::known(found.as_ref()))?;
    let password = password::for_plan(&plan, found, &file)?;
    let limit = Some(args.timeout);
    let outcome = target.execute(&plan, observed, password.as_ref(), limit).await?;
    report(context, &target, &outcome, password.as_ref())
}

fn report(
    context: &Context,
    target: &Target<'_>,
    outcome: &Outcome,
    password: Option<&Password>,
) -> Result<()> {
    let url = ingress::url_of(outcome.opened.as_ref());
    let user = target.project.config.deployment.user.to_string();
    let services: Vec<_> = target
        .desired
        .services
        .iter()
        .map(|(key, service)| {
            let id = StepId::Service(key.clone());
            let mut steps = outcome.steps.iter();
            let changed = steps.any(|step| step.id == id && step.change != Change::Unchanged);
            let endpoints = outcome.endpoints.get(key).cloned().unwrap_or_default();
            json!({"service": key, "name": service.name, "changed": changed, "endpoints": endpoints})
        })
        .collect();
    let mut document = json!({
        "target": context.target(),
        "url": url,
        "user": user,
        "services": services,
        "changes": outcome.changes().collect::<Vec<_>>(),
        "timings": outcome.steps,
    });
    let place = match password.map(|password| &password.place) {
        None => {
            document["password_file"] = json!(null);
            "not known here; `cargo xtask sql password` sets a new one".to_owned()
        }
        Some(Place::Environment) => {
            document["password_env"] = json!(VARIABLE);
            format!("in the variable {VARIABLE}")
        }
        Some(Place::File(file)) => {
            document["password_file"] = json!(file);
            format!("in the file {}", file.display())
        }
    };
    let url = url.unwrap_or_else(|| "spcs.toml says no endpoint to open".to_owned());
    let text = format!("url:       {url}\nuser:      {user}\npassword:  {place}\n");
    context.console.data(&document, text)
}
