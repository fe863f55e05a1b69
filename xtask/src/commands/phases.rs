//! The phases of `deploy`, each alone: the same plan, with only some of its steps.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use spcs_apply::execute::Outcome;
use spcs_apply::secret::Secrets;
use spcs_plan::{Action, Step};

use crate::cli::Waiting;
use crate::console::Table;
use crate::context::Context;
use crate::ingress;
use crate::password;
use crate::target::{self, Platform, Target};

/// `push`: images to the repository.
pub(crate) async fn push(context: &Context) -> Result<()> {
    let outcome = phase(context, None, |step| matches!(step.action, Action::Push { .. })).await?;
    changes(context, &outcome)
}

/// `put`: specs to the stage.
pub(crate) async fn put(context: &Context) -> Result<()> {
    let outcome = phase(context, None, |step| matches!(step.action, Action::Put { .. })).await?;
    changes(context, &outcome)
}

/// `services`: created or rolled, and ready.
pub(crate) async fn services(context: &Context, args: Waiting) -> Result<()> {
    let outcome = phase(context, Some(args.timeout), |step| {
        matches!(
            step.action,
            Action::Service { .. } | Action::WaitService { .. } | Action::WaitPool { .. }
        )
    })
    .await?;
    changes(context, &outcome)
}

/// `grants`: the services' roles.
pub(crate) async fn grants(context: &Context) -> Result<()> {
    let outcome = phase(context, None, |step| {
        matches!(&step.action, Action::Sql { file, .. } if file.starts_with("sql/services/"))
    })
    .await?;
    changes(context, &outcome)
}

/// `endpoints`: waited for and printed.
pub(crate) async fn endpoints(context: &Context, args: Waiting) -> Result<()> {
    let outcome = phase(context, Some(args.timeout), |step| {
        matches!(step.action, Action::WaitEndpoints { .. })
    })
    .await?;
    let mut table = Table::new(&["service", "endpoint", "protocol", "port", "url"]);
    for (service, endpoints) in &outcome.endpoints {
        for e in endpoints {
            let url = e.ingress_url.as_deref().map(ingress::url).unwrap_or_default();
            table.row([service, &e.name, &e.protocol, &e.port, &url]);
        }
    }
    let url = ingress::url_of(outcome.opened.as_ref());
    context.console.data(&json!({"url": url, "endpoints": outcome.endpoints}), table.render())
}

async fn phase(
    context: &Context,
    timeout: Option<Duration>,
    wanted: impl Fn(&Step) -> bool,
) -> Result<Outcome> {
    let target = Target::open(context, Platform::MustRun).await?;
    let observed = target.observe().await?;
    let found = password::find(&target::password_file(context, &target.project)?)?;
    let known = password::known(found.as_ref());
    let plan = spcs_plan::deploy(&target.desired, &observed, known)?.select(wanted);
    let outcome = target.execute(&plan, observed, Secrets::none(), timeout).await?;
    Ok(outcome)
}

/// Data about a phase: what it changed.
pub(crate) fn changes(context: &Context, outcome: &Outcome) -> Result<()> {
    let mut table = Table::new(&["step", "change"]);
    for step in outcome.changes() {
        table.row([&step.id, step.change.word()]);
    }
    let text = if outcome.changes().next().is_some() { table.render() } else { String::new() };
    let changes: Vec<_> = outcome.changes().collect();
    context.console.data(&json!({"changes": changes, "timings": outcome.steps}), text)
}
