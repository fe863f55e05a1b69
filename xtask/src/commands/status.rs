//! `status`: shows the services, their containers and endpoints.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use spcs_apply::observe::{self, ContainerState, Endpoint, ServiceState};

use crate::console::Table;
use crate::context::Context;
use crate::ingress;
use crate::target::{Platform, Target};

#[derive(Serialize)]
struct Service {
    key: String,
    name: String,
    state: Option<ServiceState>,
    containers: Vec<ContainerState>,
    endpoints: Vec<Endpoint>,
}

pub(crate) async fn run(context: &Context) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let session = target.sessions.observer(&target.project).await?;
    let mut services = Vec::new();
    for (key, service) in &target.desired.services {
        let read = async {
            let name = service.name.clone();
            let state = observe::service(&session, &name).await?;
            let exists = state.is_some();
            let containers =
                if exists { observe::containers(&session, &name).await? } else { vec![] };
            let endpoints = observe::endpoints(&session, &name).await?.unwrap_or_default();
            Ok(Service { key: key.clone(), name, state, containers, endpoints })
        };
        let doing = format!("reading the state of service {}", service.name);
        services.push(read.await.map_err(|source| spcs_apply::Error::Account { doing, source })?);
    }
    let opened = target.desired.opened.as_ref().and_then(|wanted| {
        let service = services.iter().find(|service| service.key == wanted.service)?;
        service.endpoints.iter().find(|endpoint| endpoint.name == wanted.endpoint)
    });
    let url = ingress::url_of(opened);
    let mut text = table(&services).render();
    if let Some(url) = &url {
        text.push_str(&format!("\nurl: {url}\n"));
    }
    context
        .console
        .data(&json!({"target": context.target(), "url": url, "services": services}), text)
}

fn table(services: &[Service]) -> Table {
    let mut table = Table::new(&["service", "status", "container", "state", "restarts", "message"]);
    for service in services {
        let status = match &service.state {
            None => "does not exist".to_owned(),
            Some(state) if state.is_upgrading => format!("{}, upgrading", state.status),
            Some(state) => state.status.clone(),
        };
        if service.containers.is_empty() {
            table.row([&service.key, &status, "", "", "", ""]);
        }
        for container in &service.containers {
            let place = format!("{}/{}", container.instance, container.name);
            let restarts = container.restarts.to_string();
            let state = &container.status;
            table.row([&service.key, &status, &place, state, &restarts, &container.message]);
        }
    }
    table
}
