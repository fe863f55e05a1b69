//! `open`: the notebook in the browser.

use anyhow::Result;
use serde_json::json;
use spcs_apply::error::Kind;
use spcs_apply::observe;

use crate::context::Context;
use crate::failure::Failure;
use crate::ingress;
use crate::target::{Platform, Target};

pub(crate) async fn run(context: &Context) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let url = public_url(&target).await?;
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

/// The URL of the deployment's first public endpoint.
pub(crate) async fn public_url(target: &Target<'_>) -> Result<String> {
    let session = target.sessions.observer(&target.project).await?;
    let mut found = None;
    for service in target.desired.services.values().filter(|service| service.public) {
        let endpoints = observe::endpoints(&session, &service.name).await;
        let doing = format!("asking for the endpoints of service {}", service.name);
        let endpoints = endpoints.map_err(|source| spcs_apply::Error::Session { doing, source })?;
        found = found.or(ingress::first_public(endpoints.iter().flatten()));
    }
    target.sessions.give_back(session);
    found.ok_or_else(|| {
        Failure::new(Kind::Wait, "no service has a public endpoint with a URL yet")
            .hint("`cargo xtask deploy` creates the services and waits for their endpoints")
            .into()
    })
}
