//! `endpoints`: waits for the public endpoints and prints their URLs.

use anyhow::Result;
use serde_json::json;
use spcs_plan::Action;

use crate::cli::Waiting;
use crate::console::Table;
use crate::context::Context;
use crate::ingress;
use crate::phase;

pub(crate) async fn run(context: &Context, args: Waiting) -> Result<()> {
    let wait = |action: &Action| matches!(action, Action::WaitEndpoints { .. });
    let outcome = phase::run(context, Some(args.timeout), wait).await?;
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
