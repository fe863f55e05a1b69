//! Observed states of targets.

use std::collections::BTreeMap;

use spcs_plan::{
    Desired, Effect, ObjectKind, Observed, ObservedObject, ObservedPool, ObservedService,
};

/// The state of a target right after a deployment.
pub(crate) fn fully_deployed(desired: &Desired) -> Observed {
    let mut observed = Observed::default();
    let comment = desired.owner_comment.clone();
    let deployed =
        desired.sets.iter().filter(|(set, _)| ["bootstrap", "services"].contains(&set.as_str()));
    for statement in deployed.flat_map(|(_, files)| files).flat_map(|file| &file.statements) {
        match &statement.effect {
            Effect::Create { kind: ObjectKind::Service, .. } => {}
            Effect::Create { kind: ObjectKind::ComputePool, name, settings, .. } => {
                let pool = ObservedPool {
                    state: "ACTIVE".to_owned(),
                    min_nodes: settings["min_nodes"].parse().unwrap(),
                    max_nodes: settings["max_nodes"].parse().unwrap(),
                    auto_suspend_secs: settings["auto_suspend_secs"].parse().ok(),
                    instance_family: settings["instance_family"].clone(),
                    comment: comment.clone(),
                };
                observed.pools.insert(name.clone(), pool);
            }
            Effect::Create { kind, name, settings, .. } => {
                let comment = settings.get("comment").cloned().unwrap_or_default();
                let mut properties = settings.clone();
                if let Some(size) = properties.remove("warehouse_size") {
                    properties.insert("size".to_owned(), size);
                }
                let name = name.clone();
                observed.objects.push(ObservedObject { kind: *kind, name, comment, properties });
            }
            Effect::Grant { grants } => observed.grants.extend(grants.iter().cloned()),
            _ => {}
        }
    }
    for (key, service) in &desired.services {
        let spec = service.spec.clone().expect("every image is built");
        observed.staged.insert(spec.file_name);
        let mut properties = settings_of(desired, &service.name);
        properties.insert("status".to_owned(), "RUNNING".to_owned());
        let running = ObservedService {
            status: "RUNNING".to_owned(),
            compute_pool: desired.pools[&service.pool].clone(),
            comment: comment.clone(),
            spec_digest: Some(spec.spec_digest),
            properties,
        };
        observed.services.insert(service.name.clone(), running);
        let Some(digest) = crate::sources::digests().remove(key) else { continue };
        let tag = spcs_plan::image_tag(&digest).to_owned();
        observed.images.insert(key.clone(), [(tag, digest)].into());
    }
    observed
}

/// The settings that the statements of a service set.
fn settings_of(desired: &Desired, service: &str) -> BTreeMap<String, String> {
    let statements = desired.sets["services"].iter().flat_map(|file| &file.statements);
    let settings = statements.filter_map(|statement| match &statement.effect {
        Effect::Alter { name, settings, .. } if name == service => Some(settings.clone()),
        _ => None,
    });
    settings.flatten().collect()
}
