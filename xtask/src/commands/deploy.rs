//! `deploy`: everything, from images to the URL.

use anyhow::Result;
use deploy::execute::Outcome;
use deploy::secret::Secrets;
use plan::{Change, ObjectKind, Observed, Plan};
use serde_json::json;

use crate::cli::Waiting;
use crate::commands::setup;
use crate::context::Context;
use crate::ingress;
use crate::password::{self, Password, Place, VARIABLE};
use crate::target::{self, Platform, Target};

pub(crate) async fn run(context: &Context, args: Waiting) -> Result<()> {
    let files = target::files(context)?;
    setup::when_asked(context, &files)?;
    let target = Target::reach(context, files, Platform::Start).await?;
    let password = password::find_or_generate(&target::password_file(context, &target.project)?)?;
    let observed = target.observe().await?;
    let mut plan = plan::deploy(&target.desired, &observed);
    add_password_reset(&mut plan, &target, &observed, &password)?;
    let secrets = secrets(&password);
    let outcome = target.execute(&plan, observed, secrets, Some(args.timeout)).await?;
    password.is_set()?;
    target.sessions.close().await;
    report(context, &target, &outcome, &password)
}

/// What the statements' markers stand for.
pub(crate) fn secrets(password: &Password) -> Secrets {
    Secrets::none().with(plan::secret::USER_PASSWORD, password.value.clone())
}

/// A password that was generated anew is not the one that a user who is there already has.
pub(crate) fn add_password_reset(
    plan: &mut Plan,
    target: &Target<'_>,
    observed: &Observed,
    password: &Password,
) -> Result<()> {
    let user = &target.project.config.deployment.user;
    if password.fresh && observed.find(ObjectKind::User, user).is_some() {
        plan.steps.extend(plan::reset_password(&target.desired)?.steps);
    }
    Ok(())
}

fn report(
    context: &Context,
    target: &Target<'_>,
    outcome: &Outcome,
    password: &Password,
) -> Result<()> {
    let url = ingress::first_public(outcome.endpoints.values().flatten());
    let user = target.project.config.deployment.user.to_string();
    let services: Vec<_> = target
        .desired
        .services
        .iter()
        .map(|(key, service)| {
            let changed = outcome.steps.iter().any(|step| {
                step.id == format!("service:{key}") && step.change != Change::Unchanged
            });
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
    let place = match &password.place {
        Place::Environment => {
            document["password_env"] = json!(VARIABLE);
            format!("in the variable {VARIABLE}")
        }
        Place::File(file) => {
            document["password_file"] = json!(file);
            format!("in the file {}", file.display())
        }
    };
    let url = url.unwrap_or_else(|| "no service has a public endpoint".to_owned());
    let text = format!("url:       {url}\nuser:      {user}\npassword:  {place}\n");
    context.console.data(&document, text)
}
