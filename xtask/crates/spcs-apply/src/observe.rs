//! Reads the state of a target. Every probe (SHOW, DESCRIBE, LIST, SYSTEM$…) is in this module.

mod grants;
mod objects;
mod rows;
mod services;
mod states;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use spcs_plan::{Desired, ObjectKind, Observed, ObservedObject, ObservedPool, ObservedService};

use crate::account::{AccountError, Session};

pub use services::{containers, endpoints, logs, service};
pub use states::{ContainerState, Endpoint, InstanceState, ServiceState};

/// The number of probes that run at once. Each takes a round trip, and they are independent.
const PROBES: usize = 8;

/// Reads the state of the target that a plan depends on.
pub async fn observe(session: &Session, desired: &Desired) -> Result<Observed, AccountError> {
    let mut observed = Observed::default();
    let probes = stream::iter(desired.objects()).map(|(kind, name)| probe(session, kind, name));
    let found: Vec<Found> = probes.buffered(PROBES).try_collect().await?;
    let mut others = Vec::new();
    for found in found {
        match found {
            Found::Nothing => {}
            Found::Pool { name, pool, services } => {
                observed.pools.insert(name, pool);
                others.push(services);
            }
            Found::Service { name, service } => drop(observed.services.insert(name, service)),
            Found::Object(object) => observed.objects.push(object),
        }
    }
    let names = |kind: ObjectKind| {
        let of_kind = observed.objects.iter().filter(move |object| object.kind == kind);
        of_kind.map(|object| object.name.clone()).collect::<Vec<_>>()
    };
    let (databases, repositories) =
        (names(ObjectKind::Database), names(ObjectKind::ImageRepository));
    for database in &databases {
        let inside = objects::in_database(session, database, objects::DEPLOYED, PROBES);
        let (inside, services) = try_join(inside, services::in_database(session, database)).await?;
        for object in inside {
            let known = |o: &ObservedObject| o.kind == object.kind && o.name == object.name;
            if !observed.objects.iter().any(known) {
                observed.objects.push(object);
            }
        }
        others.push(services);
    }
    // DESCRIBE gives more detail about a service than SHOW, so a described service is kept.
    for (key, service) in others.into_iter().flatten() {
        observed.services.entry(key).or_insert(service);
    }
    for repository in &repositories {
        observed.images.append(&mut images(session, repository).await?);
    }
    observed.staged = staged(session, &desired.specs_stage).await?;
    let grants = stream::iter(desired.grantees())
        .map(async |(kind, name)| grants::to(session, &kind, &name).await)
        .buffered(PROBES);
    observed.grants = grants.try_concat().await?;
    Ok(observed)
}

/// Like [`observe`], with everything that dropping the deployment's database would drop too.
pub async fn observe_for_clean(
    session: &Session,
    desired: &Desired,
) -> Result<Observed, AccountError> {
    let mut observed = observe(session, desired).await?;
    let ours = |object: &&ObservedObject| {
        object.kind == ObjectKind::Database && object.comment == desired.owner_comment
    };
    let databases: Vec<_> = observed.objects.iter().filter(ours).map(|o| o.name.clone()).collect();
    for database in &databases {
        let others = objects::in_database(session, database, objects::OTHER, PROBES).await?;
        observed.objects.extend(others);
    }
    Ok(observed)
}

/// The result of probing one object.
enum Found {
    Nothing,
    Pool { name: String, pool: ObservedPool, services: BTreeMap<String, ObservedService> },
    Service { name: String, service: ObservedService },
    Object(ObservedObject),
}

async fn probe(session: &Session, kind: ObjectKind, name: String) -> Result<Found, AccountError> {
    Ok(match kind {
        ObjectKind::ComputePool => match pool(session, &name).await? {
            Some(pool) => {
                let services = services::in_pool(session, &name).await?;
                Found::Pool { name, pool, services }
            }
            None => Found::Nothing,
        },
        ObjectKind::Service => match services::observed(session, &name).await? {
            Some(service) => Found::Service { name, service },
            None => Found::Nothing,
        },
        _ => objects::object(session, kind, &name).await?.map_or(Found::Nothing, Found::Object),
    })
}

/// A compute pool, if it exists.
pub async fn pool(session: &Session, name: &str) -> Result<Option<ObservedPool>, AccountError> {
    let rows = rows::list(session, &format!("SHOW COMPUTE POOLS LIKE '{name}'")).await?;
    let row = rows.iter().find(|row| rows::name(row.text("name")) == name);
    Ok(row.map(|row| {
        let number = |column: &str| row.text(column).parse().unwrap_or(0);
        ObservedPool {
            state: row.text("state").to_owned(),
            min_nodes: number("min_nodes"),
            max_nodes: number("max_nodes"),
            auto_suspend_secs: row.text("auto_suspend_secs").parse().ok(),
            instance_family: row.text("instance_family").to_owned(),
            comment: row.text("comment").to_owned(),
        }
    }))
}

/// The platform's message about why a pool is not ready; may be empty.
pub async fn pool_message(session: &Session, name: &str) -> Result<String, AccountError> {
    let rows = rows::list(session, &format!("DESCRIBE COMPUTE POOL {name}")).await?;
    let message = rows.iter().next().map(|row| row.text("status_message").to_owned());
    Ok(message.unwrap_or_default())
}

/// The URL to push images to, `host[:port]/db/schema/repository`; `None` if the repository does not
/// exist.
pub async fn repository_url(
    session: &Session,
    database: &str,
    schema: &str,
    repository: &str,
) -> Result<Option<String>, AccountError> {
    let sql = format!("SHOW IMAGE REPOSITORIES LIKE '{repository}' IN SCHEMA {database}.{schema}");
    let rows = rows::list(session, &sql).await?;
    let row = rows.iter().find(|row| rows::name(row.text("name")) == repository);
    Ok(row.map(|row| row.text("repository_url").to_owned()))
}

/// The names of the files on a stage, without the stage's name.
async fn staged(session: &Session, stage: &str) -> Result<BTreeSet<String>, AccountError> {
    let rows = rows::list(session, &format!("LIST @{stage}")).await?;
    let names = rows.iter().filter_map(|row| row.get("name"));
    Ok(names.map(|name| name.split_once('/').map_or(name, |(_, file)| file).to_owned()).collect())
}

/// The pushed images of a repository: image name to tag to manifest digest.
async fn images(
    session: &Session,
    repository: &str,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, AccountError> {
    let mut images: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let rows =
        rows::list(session, &format!("SHOW IMAGES IN IMAGE REPOSITORY {repository}")).await?;
    for row in rows.iter() {
        let tags = images.entry(row.text("image_name").to_owned()).or_default();
        // Servers return one tag, a comma-separated list, or a JSON array.
        let plain = row.text("tags").replace(['[', ']', '"'], "");
        for tag in plain.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            tags.insert(tag.to_owned(), row.text("digest").to_owned());
        }
    }
    Ok(images)
}
