//! The whole document: its structure, and the rules that span several parts.

use crate::container::Container;
use crate::error::SpecError;
use crate::fields::{Field, Fields};
use crate::node::{self, Node};
use crate::service_spec::ServiceSpec;
use crate::volume::{Volume, VolumeSource};
use crate::{container, endpoint, names, volume};

/// Parses and validates a specification.
pub fn parse(text: &str) -> Result<ServiceSpec, SpecError> {
    if text.trim().is_empty() {
        let message = "the specification is empty".to_owned();
        return Err(SpecError { line: 0, path: String::new(), message });
    }
    read(text, node::parse(text)?)
}

impl TryFrom<String> for ServiceSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        parse(&text)
    }
}

fn read(text: &str, document: Node) -> Result<ServiceSpec, SpecError> {
    let mut root = Field::root(document.clone()).mapping()?;
    let mut spec = root.require("spec")?.mapping()?;

    let list = spec.take_either("containers", "container")?;
    let Some(list) = list else {
        spec.require("containers")?;
        unreachable!("`require` fails for a missing option");
    };
    let line = list.node.line;
    let containers = items(Some(list), container::read)?;
    if containers.is_empty() || containers.len() > 20 {
        let message = "spec.containers must have 1 to 20 containers".to_owned();
        return Err(SpecError { line, path: "spec.containers".to_owned(), message });
    }
    names::unique("spec.containers", line, containers.iter().map(|c| c.name.as_str()))?;

    let list = spec.take_either("endpoints", "endpoint")?;
    let line = list.as_ref().map_or(line, |list| list.node.line);
    let endpoints = items(list, endpoint::read)?;
    names::unique("spec.endpoints", line, endpoints.iter().map(|e| e.name.as_str()))?;
    if endpoints.len() > 100 {
        let message = "spec.endpoints may have up to 100 endpoints".to_owned();
        return Err(SpecError { line, path: "spec.endpoints".to_owned(), message });
    }

    let list = spec.take_either("volumes", "volume")?;
    let line = list.as_ref().map_or(line, |list| list.node.line);
    let volumes = items(list, volume::read)?;
    names::unique("spec.volumes", line, volumes.iter().map(|v| v.name.as_str()))?;
    check_mounts(&containers, &volumes, document.line)?;
    let is_stage = |name: &str| {
        volumes.iter().any(|v| v.name == name && matches!(v.source, VolumeSource::Stage(_)))
    };
    let mounts = containers.iter().flat_map(|container| &container.mounts);
    if mounts.filter(|mount| is_stage(&mount.volume)).count() > 8 {
        let message = "a node can mount up to 8 stage volumes".to_owned();
        return Err(SpecError { line, path: "spec.volumes".to_owned(), message });
    }
    if volumes.len() > 20 {
        let message = "spec.volumes may have up to 20 volumes".to_owned();
        return Err(SpecError { line, path: "spec.volumes".to_owned(), message });
    }

    log_level(spec.take("logExporters"))?;
    spec.reject(&["platformMonitor", "resourceManagement"])?;
    spec.finish()?;
    capabilities(root.take("capabilities"))?;

    let list = root.take("serviceRoles");
    let line = list.as_ref().map_or(line, |list| list.node.line);
    let service_roles = items(list, |field| endpoint::read_role(field, &endpoints))?;
    names::unique("serviceRoles", line, service_roles.iter().map(|r| r.name.as_str()))?;
    root.finish()?;

    let text = text.to_owned();
    Ok(ServiceSpec { containers, endpoints, volumes, service_roles, text, document })
}

fn items<T>(
    list: Option<Field>,
    read: impl Fn(Field) -> Result<T, SpecError>,
) -> Result<Vec<T>, SpecError> {
    match list {
        None => Ok(Vec::new()),
        Some(list) => list.sequence()?.into_iter().map(read).collect(),
    }
}

fn check_mounts(containers: &[Container], volumes: &[Volume], line: u64) -> Result<(), SpecError> {
    for (i, container) in containers.iter().enumerate() {
        for mount in &container.mounts {
            if !volumes.iter().any(|volume| volume.name == mount.volume) {
                let message = format!(
                    "container '{}' mounts the volume '{}', which does not exist",
                    container.name, mount.volume
                );
                let path = format!("spec.containers[{i}].volumeMounts");
                return Err(SpecError { line, path, message });
            }
        }
    }
    Ok(())
}

/// Validates the level. It has no effect: the local platform has no event table.
fn log_level(field: Option<Field>) -> Result<(), SpecError> {
    let Some(field) = field else { return Ok(()) };
    let mut exporters = field.mapping()?;
    let mut config = match exporters.take("eventTableConfig") {
        Some(field) => field.mapping()?,
        None => Fields::empty("spec.logExporters.eventTableConfig", 0),
    };
    let level = config.take("logLevel");
    config.finish()?;
    exporters.finish()?;
    let Some(level) = level else { return Ok(()) };
    let text = level.text()?;
    if ["INFO", "ERROR", "NONE"].contains(&text.as_str()) {
        Ok(())
    } else {
        Err(level.error(format!(
            "{} has the invalid value '{text}': one of INFO, ERROR, NONE",
            level.path
        )))
    }
}

fn capabilities(field: Option<Field>) -> Result<(), SpecError> {
    let Some(field) = field else { return Ok(()) };
    let mut capabilities = field.mapping()?;
    if let Some(context) = capabilities.take("securityContext") {
        let mut context = context.mapping()?;
        for name in ["executeAsCaller", "enableCustomCredentials"] {
            if let Some(field) = context.take(name)
                && field.boolean()?
            {
                return Err(field.unsupported());
            }
        }
        context.finish()?;
    }
    capabilities.finish()
}
