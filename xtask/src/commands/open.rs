//! `open`: opens the deployment's endpoint in the browser.

use anyhow::Result;
use serde_json::json;
use spcs_apply::error::Kind;
use spcs_apply::observe;
use spcs_plan::PublicEndpoint;

use crate::context::Context;
use crate::failure::Failure;
use crate::ingress;
use crate::target::{Platform, Target};

pub(crate) async fn run(context: &Context) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let url = public_url(&target, "open", target.desired.opened.as_ref()).await?;
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let opener =
        if cfg!(target_os = "macos") { Some("open") } else { screen.then_some("xdg-open") };
    if let Some(opener) = opener.filter(|_| !context.console.json()) {
        let null = std::process::Stdio::null;
        let opened =
            std::process::Command::new(opener).arg(&url).stdout(null()).stderr(null()).status();
        if opened.is_ok_and(|status| status.success()) {
            context.console.say("opened in the browser");
        }
    }
    context.console.data(&json!({"url": url}), &url)
}

/// The URL of an endpoint from `[endpoints]` of `spcs.toml`; `what` is its key.
pub(crate) async fn public_url(
    target: &Target<'_>,
    what: &str,
    wanted: Option<&PublicEndpoint>,
) -> Result<String> {
    let wanted = wanted.ok_or_else(|| {
        Failure::new(Kind::Input, format!("spcs.toml does not say which endpoint to {what}"))
            .hint(format!("add `{what} = {{ service = \"…\", endpoint = \"…\" }}` to [endpoints]"))
    })?;
    let session = target.sessions.observer(&target.project).await?;
    let endpoints = observe::endpoints(&session, &wanted.name).await;
    let doing = format!("asking for the endpoints of service {}", wanted.name);
    let endpoints = endpoints.map_err(|source| spcs_apply::Error::Account { doing, source })?;
    target.sessions.give_back(session);
    let mut endpoints = endpoints.iter().flatten();
    let found = endpoints.find(|endpoint| endpoint.name == wanted.endpoint);
    ingress::url_of(found).ok_or_else(|| {
        let message =
            format!("the endpoint {} of service {} has no URL yet", wanted.endpoint, wanted.name);
        Failure::new(Kind::Wait, message)
            .hint("`cargo xtask deploy` creates the services and waits for their endpoints")
            .into()
    })
}
