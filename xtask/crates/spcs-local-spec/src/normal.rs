//! The specification as DESCRIBE SERVICE shows it: with defaults and image digests filled in.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::container::Container;
use crate::node::{Kind, Node, Value};
use crate::resources::Amounts;

/// Writes the document with `sha256: "@sha256:…"` and `resources` for every container.
pub(crate) fn yaml(
    document: &Node,
    containers: &[Container],
    digests: &BTreeMap<String, String>,
) -> String {
    let mut document = document.clone();
    let root = document.get_mut("spec");
    let list = root.and_then(|root| {
        let name = if has(root, "containers") { "containers" } else { "container" };
        root.get_mut(name)
    });
    if let Some(Node { value: Value::Sequence(nodes), .. }) = list {
        for (node, container) in nodes.iter_mut().zip(containers) {
            complete(node, container, digests.get(&container.name));
        }
    }
    let mut json = json(&document);
    if let Some(root) = json.get_mut("spec").and_then(Json::as_object_mut) {
        // Older examples use the singular; show the plural.
        *root = std::mem::take(root)
            .into_iter()
            .map(|(key, value)| match key.as_str() {
                "container" | "endpoint" | "volume" => (format!("{key}s"), value),
                _ => (key, value),
            })
            .collect();
    }
    let mut options = serde_saphyr::SerializerOptions::default();
    options.quote_all = true;
    let text = serde_saphyr::to_string_with_options(&json, options)
        .expect("a tree of strings, lists and mappings serialises to YAML");
    format!("---\n{text}")
}

fn has(node: &Node, key: &str) -> bool {
    matches!(&node.value, Value::Mapping(entries) if entries.iter().any(|(name, _)| name == key))
}

fn complete(node: &mut Node, container: &Container, digest: Option<&String>) {
    let Value::Mapping(entries) = &mut node.value else { return };
    entries.retain(|(name, _)| name != "resources");
    // Environment variables are always text: `1.10` must not become 1.1.
    let environment = entries.iter_mut().find(|(name, _)| name == "env");
    if let Some((_, Node { value: Value::Mapping(variables), .. })) = environment {
        for (_, variable) in variables {
            if let Value::Scalar(_, kind) = &mut variable.value {
                *kind = Kind::Text;
            }
        }
    }
    if let Some(digest) = digest {
        let at = entries.iter().position(|(name, _)| name == "image").map_or(0, |at| at + 1);
        entries.insert(at, ("sha256".to_owned(), scalar(format!("@{digest}"))));
    }
    let amounts =
        [("requests", container.resources.requests), ("limits", container.resources.limits)];
    let groups: Vec<_> = amounts
        .into_iter()
        .map(|(name, amounts)| (name.to_owned(), mapping(quantities(amounts))))
        .filter(|(_, node)| !matches!(&node.value, Value::Mapping(entries) if entries.is_empty()))
        .collect();
    entries.push(("resources".to_owned(), mapping(groups)));
}

fn quantities(amounts: Amounts) -> Vec<(String, Node)> {
    let mut entries = Vec::new();
    if let Some(bytes) = amounts.memory {
        let text = match bytes {
            gib if gib % (1 << 30) == 0 => format!("{}Gi", gib >> 30),
            mib if mib % (1 << 20) == 0 => format!("{}Mi", mib >> 20),
            other => format!("{}M", other as f64 / 1e6),
        };
        entries.push(("memory".to_owned(), scalar(text)));
    }
    if let Some(cores) = amounts.cpu {
        entries.push(("cpu".to_owned(), scalar(cores.to_string())));
    }
    entries
}

fn scalar(text: String) -> Node {
    Node { line: 0, value: Value::Scalar(text, Kind::Text) }
}

fn mapping(entries: Vec<(String, Node)>) -> Node {
    Node { line: 0, value: Value::Mapping(entries) }
}

/// Unquoted numbers and booleans keep their JSON type, so that other programs can read them.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text, Kind::Text) => Json::String(text.clone()),
        Value::Scalar(text, _) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        Value::Sequence(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => {
            Json::Object(entries.iter().map(|(k, v)| (k.clone(), json(v))).collect::<Map<_, _>>())
        }
    }
}
