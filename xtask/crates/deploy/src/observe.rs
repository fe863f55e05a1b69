//! What a target says of itself: every probe (SHOW, DESCRIBE, LIST, SYSTEM$…) stands here.

mod grants;
mod objects;
mod rows;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use plan::{Desired, ObjectKind, Observed, ObservedPool};

use crate::session::{Session, SessionError};

pub use services::{
    ContainerState, Endpoint, InstanceState, ServiceState, containers, endpoints, logs, service,
};

/// Reads everything of the target that a plan depends on.
pub async fn observe(session: &Session, desired: &Desired) -> Result<Observed, SessionError> {
    let mut observed = Observed::default();
    let mut databases = BTreeSet::new();
    let mut repositories = Vec::new();
    for (kind, name) in desired.objects() {
        match kind {
            ObjectKind::ComputePool => {
                if let Some(pool) = pool(session, &name).await? {
                    for (key, other) in services::in_pool(session, &name).await? {
                        observed.services.insert(key, other);
                    }
                    observed.pools.insert(name, pool);
                }
            }
            ObjectKind::Service => {
                if let Some(state) = services::observed(session, &name).await? {
                    observed.services.insert(name, state);
                }
            }
            _ => {
                let Some(object) = objects::object(session, kind, &name).await? else { continue };
                match kind {
                    ObjectKind::Database => drop(databases.insert(name)),
                    ObjectKind::ImageRepository => repositories.push(name),
                    _ => {}
                }
                observed.objects.push(object);
            }
        }
    }
    for database in &databases {
        for object in objects::in_database(session, database).await? {
            let known = |o: &plan::ObservedObject| o.kind == object.kind && o.name == object.name;
            if !observed.objects.iter().any(known) {
                observed.objects.push(object);
            }
        }
        for (key, other) in services::in_database(session, database).await? {
            observed.services.entry(key).or_insert(other);
        }
    }
    for repository in &repositories {
        observed.images.append(&mut images(session, repository).await?);
    }
    observed.staged = staged(session, &desired.specs_stage).await?;
    for (kind, name) in desired.grantees() {
        observed.grants.append(&mut grants::to(session, &kind, &name).await?);
    }
    Ok(observed)
}

/// A compute pool, if it is there.
pub async fn pool(session: &Session, name: &str) -> Result<Option<ObservedPool>, SessionError> {
    let rows = rows::list(session, &format!("SHOW COMPUTE POOLS LIKE '{name}'")).await?;
    let row = rows.iter().find(|row| rows::name(row.text("name")) == name);
    Ok(row.map(|row| {
        let number = |column: &str| row.text(column).parse().unwrap_or(0);
        ObservedPool {
            state: row.text("state").to_owned(),
            min_nodes: number("min_nodes"),
            max_nodes: number("max_nodes"),
            active_nodes: number("active_nodes"),
            idle_nodes: number("idle_nodes"),
            instance_family: row.text("instance_family").to_owned(),
            comment: row.text("comment").to_owned(),
        }
    }))
}

/// What a pool that is not ready says about it; empty where it says nothing.
pub async fn pool_message(session: &Session, name: &str) -> Result<String, SessionError> {
    let rows = rows::list(session, &format!("DESCRIBE COMPUTE POOL {name}")).await?;
    let message = rows.iter().next().map(|row| row.text("status_message").to_owned());
    Ok(message.unwrap_or_default())
}

/// Where images of a repository are pushed to: `host[:port]/db/schema/repository`.
pub async fn repository_url(
    session: &Session,
    database: &str,
    schema: &str,
    repository: &str,
) -> Result<Option<String>, SessionError> {
    let sql = format!("SHOW IMAGE REPOSITORIES LIKE '{repository}' IN SCHEMA {database}.{schema}");
    let rows = rows::list(session, &sql).await?;
    let row = rows.iter().find(|row| rows::name(row.text("name")) == repository);
    Ok(row.map(|row| row.text("repository_url").to_owned()))
}

/// The file names on a stage, without the stage's own name.
async fn staged(session: &Session, stage: &str) -> Result<BTreeSet<String>, SessionError> {
    let rows = rows::list(session, &format!("LIST @{stage}")).await?;
    let names = rows.iter().filter_map(|row| row.get("name"));
    Ok(names.map(|name| name.split_once('/').map_or(name, |(_, file)| file).to_owned()).collect())
}

/// The pushed images of a repository: name, tag, manifest digest.
async fn images(
    session: &Session,
    repository: &str,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, SessionError> {
    let mut images: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let rows =
        rows::list(session, &format!("SHOW IMAGES IN IMAGE REPOSITORY {repository}")).await?;
    for row in rows.iter() {
        let tags = images.entry(row.text("image_name").to_owned()).or_default();
        // One tag, a list with commas, or a JSON array: it has been shown in all three ways.
        let plain = row.text("tags").replace(['[', ']', '"'], "");
        for tag in plain.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            tags.insert(tag.to_owned(), row.text("digest").to_owned());
        }
    }
    Ok(images)
}
