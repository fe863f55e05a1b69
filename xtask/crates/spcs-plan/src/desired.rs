//! The desired state of one target, as the project's files describe it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use toml::Spanned;

use crate::check;
use crate::config::Endpoint;
use crate::error::Error;
use crate::files::{self, ServiceFacts};
use crate::project::Project;
use crate::spec::{self, RenderedSpec};
use crate::sql::{Effect, ObjectKind, SqlFile};
use crate::variables;

/// Whether an image is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// It was built from the current contents of its folder.
    Built {
        /// The digest of its manifest, `sha256:…`.
        digest: String,
    },
    /// It needs to be built.
    Stale {
        /// Why: `it was never built`, `images/jupyter/TestMilvus.ipynb changed`.
        reason: String,
    },
}

/// The desired state of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The name of the target in `spcs.toml`.
    pub target: String,
    /// The comment of every object of this deployment.
    pub owner_comment: String,
    /// The files whose condition holds, by set, in order.
    pub sets: BTreeMap<String, Vec<SqlFile>>,
    /// The other files by path, with the condition that does not hold.
    pub left_out: BTreeMap<String, String>,
    /// Images by key.
    pub images: BTreeMap<String, ImageState>,
    /// Services by key.
    pub services: BTreeMap<String, DesiredService>,
    /// The keys of the services, each after the services it waits for.
    pub start_order: Vec<String>,
    /// The endpoint that `open` opens.
    pub opened: Option<PublicEndpoint>,
    /// The endpoint that `verify` runs the notebook through.
    pub verified: Option<PublicEndpoint>,
    /// Names of pools by key.
    pub pools: BTreeMap<String, String>,
    /// The user that logs in at the endpoints.
    pub user: String,
    /// `DB.SCHEMA.REPOSITORY`.
    pub repository: String,
    /// The stage for specs, `DB.SCHEMA.STAGE`.
    pub specs_stage: String,
}

/// A service of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredService {
    /// `DB.SCHEMA.NAME`.
    pub name: String,
    /// The key of its pool.
    pub pool: String,
    /// The keys of the images it runs.
    pub images: Vec<String>,
    /// The keys of the services that must be ready before it starts.
    pub after: Vec<String>,
    /// The names of its public endpoints.
    pub public: Vec<String>,
    /// Its spec, if all its images are built.
    pub spec: Option<RenderedSpec>,
}

/// A public endpoint that a command uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicEndpoint {
    /// The key of the service.
    pub service: String,
    /// The full name of the service, `DB.SCHEMA.NAME`.
    pub name: String,
    /// The name of the endpoint in the service's spec.
    pub endpoint: String,
}

/// Renders and checks every file for a target. An image that is missing in `images` counts as never
/// built.
pub fn desired(
    project: &Project,
    target: &str,
    images: &BTreeMap<String, ImageState>,
) -> Result<Desired, Error> {
    project.target(target)?;
    check::variables(project)?;
    check::all_used(project)?;
    let mut built: BTreeMap<String, String> = BTreeMap::new();
    let mut desired_images = BTreeMap::new();
    for key in project.config.images.keys().map(ToString::to_string) {
        let state = images
            .get(&key)
            .cloned()
            .unwrap_or_else(|| ImageState::Stale { reason: "it was never built".to_owned() });
        if let ImageState::Built { digest } = &state {
            built.insert(key.clone(), digest.clone());
        }
        desired_images.insert(key, state);
    }
    let mut services = BTreeMap::new();
    let mut facts = BTreeMap::new();
    for key in project.config.services.keys().map(ToString::to_string) {
        let service = service(project, target, &key, &built)?;
        let spec_file = service.spec.as_ref().map(|spec| spec.file_name.clone());
        let is_public = !service.public.is_empty();
        facts.insert(key.clone(), ServiceFacts { spec_file, is_public });
        services.insert(key, service);
    }
    let mut sets = BTreeMap::new();
    let mut left_out = BTreeMap::new();
    for (set, sources) in &project.sql {
        let files = files::render_set(project, target, set, &facts)?;
        for source in sources.iter().filter(|s| !files.iter().any(|file| file.path == s.path)) {
            let condition = source.text.lines().find_map(|line| line.strip_prefix("-- when: "));
            left_out.insert(source.path.clone(), condition.unwrap_or_default().trim().to_owned());
        }
        sets.insert(set.clone(), files);
    }
    let creates = |set: &str, kind: ObjectKind, name: &str| {
        sets.get(set).into_iter().flatten().any(|file: &SqlFile| file.creates(kind, name))
    };
    for (key, service) in &services {
        if !creates("services", ObjectKind::Service, &service.name) {
            return Err(no_file_creates(key, &service.name));
        }
    }
    for (key, pool) in &project.config.pools {
        if !creates("bootstrap", ObjectKind::ComputePool, &pool.name) {
            let message =
                format!("no file of sql/bootstrap creates the compute pool `{}`", pool.name);
            return Err(Error::new(message).with_hint(format!(
                "add one with `CREATE COMPUTE POOL IF NOT EXISTS`, or remove [pools.{key}] from spcs.toml"
            )));
        }
    }
    let d = &project.config.deployment;
    let endpoints = &project.config.endpoints;
    let opened = public_endpoint(project, &services, endpoints.open.as_ref())?;
    let verified = public_endpoint(project, &services, endpoints.verify.as_ref())?;
    let start_order = project.config.start_order();
    let pools = project.config.pools.iter();
    Ok(Desired {
        target: target.to_owned(),
        owner_comment: variables::owner_comment(&project.config),
        sets,
        left_out,
        images: desired_images,
        services,
        start_order: start_order.into_iter().map(ToString::to_string).collect(),
        opened,
        verified,
        pools: pools.map(|(key, pool)| (key.to_string(), pool.name.to_string())).collect(),
        user: d.user.to_string(),
        repository: project.in_schema(&d.repository),
        specs_stage: project.in_schema(&d.stages.specs),
    })
}

impl Desired {
    /// Every object that the files create, alter or drop: the objects to observe.
    pub fn objects(&self) -> BTreeSet<(ObjectKind, String)> {
        let statements = self.sets.values().flatten().flat_map(|file| &file.statements);
        statements
            .filter_map(|statement| match &statement.effect {
                Effect::Create { kind, name, .. }
                | Effect::Alter { kind, name, .. }
                | Effect::Drop { kind, name } => Some((*kind, name.clone())),
                _ => None,
            })
            .collect()
    }

    /// The services, each after the services it waits for.
    pub(crate) fn in_start_order(&self) -> impl Iterator<Item = (&String, &DesiredService)> {
        self.start_order.iter().filter_map(|key| self.services.get_key_value(key))
    }

    /// Every role and user that receives a grant, as `("ROLE", name)` or `("USER", name)`.
    pub fn grantees(&self) -> BTreeSet<(String, String)> {
        let statements = self.sets.values().flatten().flat_map(|file| &file.statements);
        statements
            .flat_map(|statement| match &statement.effect {
                Effect::Grant { grants } => grants.as_slice(),
                _ => &[],
            })
            .map(|grant| (grant.to.clone(), grant.grantee.clone()))
            .collect()
    }
}

fn service(
    project: &Project,
    target: &str,
    key: &str,
    built: &BTreeMap<String, String>,
) -> Result<DesiredService, Error> {
    let config = spec::find(project, key)?;
    let file = project.spec(config)?;
    let images = spec::images_of(project, file)?;
    // Check the spec even if its images are not built yet.
    let mut digests = built.clone();
    for image in project.config.images.keys() {
        digests.entry(image.to_string()).or_insert_with(|| "0".repeat(12));
    }
    let rendered = spec::render_spec(project, target, key, &digests)?;
    let known = images.iter().all(|image| built.contains_key(image));
    Ok(DesiredService {
        name: project.in_schema(&config.name),
        pool: config.pool.to_string(),
        images,
        after: config.after.iter().map(|key| key.get_ref().to_string()).collect(),
        public: rendered.public.clone(),
        spec: known.then_some(rendered),
    })
}

/// The error for a service that no file creates: waiting for it would never end.
pub(crate) fn no_file_creates(service: &str, name: &str) -> Error {
    let hint = format!(
        "add one with `CREATE SERVICE IF NOT EXISTS`, or remove [services.{service}] from spcs.toml"
    );
    Error::new(format!("no file of sql/services creates the service `{name}`")).with_hint(hint)
}

/// Resolves an endpoint of `[endpoints]` and checks that it is public.
fn public_endpoint(
    project: &Project,
    services: &BTreeMap<String, DesiredService>,
    wanted: Option<&Spanned<Endpoint>>,
) -> Result<Option<PublicEndpoint>, Error> {
    let Some(wanted) = wanted else { return Ok(None) };
    let Endpoint { service, endpoint } = wanted.get_ref();
    let Some(desired) = services.get(&**service) else { return Ok(None) };
    if !desired.public.contains(endpoint) {
        let message = format!("the service `{service}` has no public endpoint `{endpoint}`");
        let hint = match desired.public.as_slice() {
            [] => "add one with `public: true` to its spec".to_owned(),
            public => format!("choose one of {}", public.join(", ")),
        };
        let line = crate::config::line_at(&project.config_text, wanted.span().start);
        return Err(Error::new(message).at("spcs.toml", line).with_hint(hint));
    }
    let (service, endpoint) = (service.to_string(), endpoint.clone());
    Ok(Some(PublicEndpoint { service, name: desired.name.clone(), endpoint }))
}
