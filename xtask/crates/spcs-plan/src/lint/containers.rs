//! Rules about the containers of a specification.

use std::collections::BTreeSet;

use crate::lint::Findings;
use crate::lint::format::{bytes, cores};
use crate::lint::rules::{
    DEPRECATED_DNS, DUPLICATE_NAME, FLOATING_TAG, GPU_AMOUNT, NO_READINESS_PROBE, NO_RESOURCES,
    REQUEST_ABOVE_LIMIT, SECRET_IN_ENV, SECRET_PLACE, SESSION_TOKEN, TOO_MANY,
};
use crate::lint::tree::{Node, Value};

pub(super) fn check(document: &Node, findings: &mut Findings<'_>) {
    let containers = list(document, "containers", "container");
    unique("container", containers, findings);
    at_most(containers, 20, "containers", findings);
    let secrets = containers.iter().filter_map(|container| container.get("secrets"));
    let secrets: Vec<Node> = secrets.flat_map(|secrets| secrets.items().to_vec()).collect();
    at_most(&secrets, 50, "secrets", findings);
    for container in containers {
        image(container, findings);
        resources(container, findings);
        session_token(container, findings);
        container
            .get("secrets")
            .into_iter()
            .flat_map(Node::items)
            .for_each(|it| secret(it, findings));
        environment(container, findings);
    }
    let probed = containers.iter().any(|container| container.get("readinessProbe").is_some());
    if let (Some(first), false) = (containers.first(), probed)
        && !list(document, "endpoints", "endpoint").is_empty()
    {
        let message =
            "no container has a readinessProbe, so the service is ready before it responds";
        findings.add(&NO_READINESS_PROBE, first.line, message);
    }
}

/// The items of a list of `spec`, under either of its documented names.
pub(super) fn list<'d>(document: &'d Node, name: &str, other: &str) -> &'d [Node] {
    let spec = document.get("spec");
    spec.and_then(|spec| spec.get(name).or_else(|| spec.get(other))).map_or(&[], Node::items)
}

/// Reports names that occur twice.
pub(super) fn unique(what: &str, items: &[Node], findings: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    for node in items.iter().filter_map(|item| item.get("name")) {
        let Some(name) = node.text() else { continue };
        if !seen.insert(name.to_lowercase()) {
            let message = format!("a second {what} has the name `{name}`");
            findings.add(&DUPLICATE_NAME, node.line, message);
        }
    }
}

/// Reports the first item that is one too many.
pub(super) fn at_most(items: &[Node], most: usize, what: &str, findings: &mut Findings<'_>) {
    if let Some(item) = items.get(most) {
        let message = format!("{} {what}, and a service has up to {most}", items.len());
        findings.add(&TOO_MANY, item.line, message);
    }
}

fn image(container: &Node, findings: &mut Findings<'_>) {
    let Some(node) = container.get("image") else { return };
    let Some(image) = node.text() else { return };
    let last = image.rsplit('/').next().unwrap_or_default();
    let is_fixed = match last.split_once(':') {
        Some((_, tag)) => tag != "latest",
        None => last.contains('@'),
    };
    if !is_fixed {
        let message = format!(
            "the image `{image}` has the tag `latest`: pushing it again does not update the service"
        );
        findings.add(&FLOATING_TAG, node.line, message);
    }
}

fn resources(container: &Node, findings: &mut Findings<'_>) {
    let Some(resources) = container.get("resources") else {
        let name = container.get("name").and_then(Node::text).unwrap_or_default();
        let message =
            format!("the container `{name}` has no resources: it requests 0.5 CPU and 0.5 GiB");
        return findings.add(&NO_RESOURCES, container.line, message);
    };
    let amount = |part: &str, name: &str| resources.get(part).and_then(|part| part.get(name));
    let (request, limit) =
        (amount("requests", "nvidia.com/gpu"), amount("limits", "nvidia.com/gpu"));
    if let Some(node) = request.or(limit)
        && request.and_then(Node::text) != limit.and_then(Node::text)
    {
        let message = "nvidia.com/gpu must be the same in requests and in limits";
        findings.add(&GPU_AMOUNT, node.line, message);
    }
    for name in ["memory", "cpu"] {
        let number = |part: &str| {
            let text = amount(part, name)?.text()?;
            if name == "memory" { bytes(&text) } else { cores(&text) }
        };
        if let (Some(request), Some(limit), Some(node)) =
            (number("requests"), number("limits"), amount("requests", name))
            && request > limit
        {
            let message = format!("{name} requests more than its limit");
            findings.add(&REQUEST_ABOVE_LIMIT, node.line, message);
        }
    }
}

fn session_token(container: &Node, findings: &mut Findings<'_>) {
    let Some(config) = container.entry("sessionTokenConfig") else { return };
    let off = container.get("mountSessionToken").and_then(Node::text).as_deref() == Some("false");
    let message = if off {
        "sessionTokenConfig is not allowed if mountSessionToken is false"
    } else if config.node.entries().is_empty() {
        "sessionTokenConfig has no field"
    } else if config.node.get("permission").is_some() && config.node.get("path").is_none() {
        "sessionTokenConfig.permission needs a path"
    } else {
        return;
    };
    findings.add(&SESSION_TOKEN, config.line, message);
}

fn secret(secret: &Node, findings: &mut Findings<'_>) {
    let has = |name: &str| secret.get(name).is_some();
    if has("envVarName") == has("directoryPath") {
        let message = "a secret needs either envVarName or directoryPath";
        findings.add(&SECRET_PLACE, secret.line, message);
    }
    if let Some(node) = secret.get("secretKeyRef")
        && !has("envVarName")
    {
        findings.add(&SECRET_PLACE, node.line, "secretKeyRef needs envVarName");
    }
    let object = secret.get("snowflakeSecret").filter(|node| matches!(node.value, Value::Map(_)));
    if let Some(object) = object
        && object.get("objectName").is_some() == object.get("objectReference").is_some()
    {
        let message = "snowflakeSecret needs either objectName or objectReference";
        findings.add(&SECRET_PLACE, object.line, message);
    }
}

/// The last words of names whose values are secret.
const SECRET_WORDS: [&str; 9] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
];

fn environment(container: &Node, findings: &mut Findings<'_>) {
    for entry in container.get("env").into_iter().flat_map(Node::entries) {
        let Some(value) = entry.node.text() else { continue };
        let name = entry.key.to_uppercase();
        let is_secret = SECRET_WORDS.iter().any(|word| name.ends_with(word));
        // A path says where the secret is.
        if is_secret && !value.is_empty() && !value.starts_with('/') && !is_switch(&value) {
            let message = format!(
                "`{}` is a secret in plain text, which DESCRIBE SERVICE shows: use `secrets` or the session token",
                entry.key
            );
            findings.add(&SECRET_IN_ENV, entry.line, message);
        }
    }
    let values = container.get("env").into_iter().flat_map(Node::entries).map(|entry| &entry.node);
    let words = ["command", "args"].into_iter().filter_map(|name| container.get(name));
    for node in values.chain(words.flat_map(Node::items)) {
        if node.text().is_some_and(|text| text.contains("snowflakecomputing.internal")) {
            let message = "names below snowflakecomputing.internal no longer exist: within the schema, use the service's name";
            findings.add(&DEPRECATED_DNS, node.line, message);
        }
    }
}

/// A setting such as `REQUIRE_PASSWORD: "true"` is no secret.
fn is_switch(value: &str) -> bool {
    ["true", "false", "0", "1", "yes", "no"].contains(&value.to_lowercase().as_str())
}
