//! The checks of a spec that need no target.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::error::Error;
use crate::observed::SPEC_DIGEST_VARIABLE;
use crate::project::{Project, SourceFile};
use crate::spec::image_reference;

/// Checks only what the plan relies on. `lint` has all other rules.
pub(super) fn check(
    project: &Project,
    file: &SourceFile,
    spec: &Json,
    digests: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let wrong =
        |near: &str, message: String| Error::new(message).at(&file.path, line_of(&file.text, near));
    let containers = spec.pointer("/spec/containers").and_then(Json::as_array);
    let containers = containers.filter(|list| !list.is_empty()).ok_or_else(|| {
        wrong("spec", "`spec.containers` must list at least one container".to_owned())
    })?;
    let references: Vec<String> =
        digests.iter().map(|(image, digest)| image_reference(project, image, digest)).collect();
    for container in containers {
        let name = container.get("name").and_then(Json::as_str).unwrap_or("?");
        let image = container
            .get("image")
            .and_then(Json::as_str)
            .ok_or_else(|| wrong("containers", format!("container `{name}` has no image")))?;
        if !references.iter().any(|reference| reference == image) {
            return Err(unknown_image(project, file, name, image));
        }
    }
    let marked = containers.iter().any(|container| {
        container.get("env").is_some_and(|env| env.get(SPEC_DIGEST_VARIABLE).is_some())
    });
    if !marked {
        let message = format!(
            "no container has the environment variable `{SPEC_DIGEST_VARIABLE}`, which tells later runs which spec the service runs"
        );
        return Err(wrong("containers", message)
            .with_hint(format!("add to `env`: {SPEC_DIGEST_VARIABLE}: \"<% spec_digest %>\"")));
    }
    Ok(())
}

fn unknown_image(project: &Project, file: &SourceFile, container: &str, image: &str) -> Error {
    let known: Vec<String> =
        project.config.images.keys().map(|key| format!("<% {key}_image %>")).collect();
    let message =
        format!("container `{container}` runs `{image}`, which is not an image of this deployment");
    Error::new(message)
        .at(&file.path, line_of(&file.text, image))
        .with_hint(format!("use {}, or add the image to [images] of spcs.toml", known.join(" or ")))
}

fn line_of(text: &str, near: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(near)).map(|at| at + 1)
}
