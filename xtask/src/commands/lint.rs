//! `lint`: checks everything that can be checked without a target.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;
use spcs_plan::ImageState;

use crate::context::Context;

/// A placeholder digest for rendering; the checks do not depend on its value.
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

pub(crate) fn run(context: &Context) -> Result<()> {
    let project = context.project()?;
    let images: BTreeMap<String, ImageState> = project
        .config
        .images
        .keys()
        .map(|key| (key.to_string(), ImageState::Built { digest: DIGEST.to_owned() }))
        .collect();
    let mut checked = Vec::new();
    for target in project.config.target.keys() {
        let desired = spcs_plan::desired(&project, target, &images)?;
        let statements: usize =
            desired.sets.values().flatten().map(|file| file.statements.len()).sum();
        let files: usize = desired.sets.values().map(Vec::len).sum();
        let specs = desired.services.len();
        for service in desired.services.values() {
            if let Some(spec) = &service.spec {
                // The local platform parses specs independently: a second check of the rules.
                spcs_local_spec::parse(&spec.text).map_err(|error| {
                    crate::failure::Failure::new(
                        spcs_apply::error::Kind::Input,
                        format!("the spec of service {}: {error}", service.name),
                    )
                })?;
            }
        }
        context.console.say(format!(
            "{target}: {files} SQL files with {statements} statements and {specs} specs are well-formed"
        ));
        checked.push(json!({"target": target.to_string(), "files": files, "statements": statements, "specs": specs}));
    }
    context.console.data(&json!({"checked": checked}), "")
}
