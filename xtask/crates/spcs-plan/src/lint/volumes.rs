//! Rules about volumes and their mounts.

use crate::lint::Findings;
use crate::lint::containers::{at_most, list, unique};
use crate::lint::format::bytes;
use crate::lint::rules::{
    DEPRECATED_STAGE, INVALID_VALUE, TOO_MANY, UNKNOWN_REFERENCE, VOLUME_OPTIONS,
};
use crate::lint::tree::Node;

/// The most that AWS offers, in GiB.
const MOST_GIB: u64 = 65_536;

pub(super) fn check(document: &Node, findings: &mut Findings<'_>) {
    let volumes = list(document, "volumes", "volume");
    unique("volume", volumes, findings);
    at_most(volumes, 20, "volumes", findings);
    for volume in volumes {
        options(volume, findings);
    }
    let named = |name: &str| {
        volumes
            .iter()
            .find(|volume| volume.get("name").and_then(Node::text).as_deref() == Some(name))
    };
    let mut stage_mounts = 0;
    let containers = list(document, "containers", "container").iter();
    for mount in containers.filter_map(|it| it.get("volumeMounts")).flat_map(Node::items) {
        let Some((node, name)) = mount.get("name").and_then(|node| Some((node, node.text()?)))
        else {
            continue;
        };
        let Some(volume) = named(&name) else {
            let message = format!("the volume `{name}` does not exist");
            findings.add(&UNKNOWN_REFERENCE, node.line, message);
            continue;
        };
        let source = volume.get("source").and_then(Node::text).unwrap_or_default();
        if source == "stage" || source.starts_with('@') {
            stage_mounts += 1;
            if stage_mounts == 9 {
                let message = "a node mounts up to 8 stage volumes, and this is the ninth";
                findings.add(&TOO_MANY, node.line, message);
            }
        }
    }
}

fn options(volume: &Node, findings: &mut Findings<'_>) {
    let Some(source) = volume.get("source") else { return };
    let text = source.text().unwrap_or_default();
    if text.starts_with('@') {
        let message = format!(
            "`source: \"{text}\"` is deprecated: write `source: stage` and `stageConfig.name: \"{text}\"`"
        );
        findings.add(&DEPRECATED_STAGE, source.line, message);
    }
    let size = volume.get("size");
    if ["memory", "block"].contains(&text.as_str()) && size.is_none() {
        findings.add(&VOLUME_OPTIONS, volume.line, format!("a {text} volume needs a size"));
    }
    if let (Some(node), "block") = (size, text.as_str()) {
        let size = node.text().unwrap_or_default();
        let whole = size.strip_suffix("Gi").and_then(|number| number.parse::<u64>().ok());
        if !whole.is_some_and(|size| (1..=MOST_GIB).contains(&size)) && bytes(&size).is_some() {
            let message = format!(
                "the size of a block volume is `{size}`, expected whole Gi from 1Gi to {MOST_GIB}Gi"
            );
            findings.add(&INVALID_VALUE, node.line, message);
        }
    }
    let wanted = [("blockConfig", "block"), ("stageConfig", "stage")];
    for (name, kind) in wanted {
        if let Some(entry) = volume.entry(name)
            && text != kind
        {
            let message = format!("{name} is for the source {kind}, not {text}");
            findings.add(&VOLUME_OPTIONS, entry.line, message);
        }
    }
    if text == "stage" && volume.get("stageConfig").is_none() {
        findings.add(&VOLUME_OPTIONS, volume.line, "a stage volume needs stageConfig.name");
    }
    if let Some(node) = size
        && (text == "local" || text == "stage" || text.starts_with('@'))
    {
        findings.add(&VOLUME_OPTIONS, node.line, "a size is for memory and block volumes");
    }
}
