//! What the project's files ask of one target.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Error;
use crate::project::Project;
use crate::spec::{self, RenderedSpec};
use crate::sql::{Effect, ObjectKind, SqlFile};
use crate::template::{self, Syntax};
use crate::variables::{self, Value, Variables};
use crate::yaml;

/// Whether an image can be pushed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// It is built from what its folder holds now.
    Built {
        /// The digest of its manifest, `sha256:…`.
        digest: String,
    },
    /// It has to be built.
    Stale {
        /// Why: `it was never built`, `images/jupyter/TestMilvus.ipynb changed`.
        reason: String,
    },
}

/// Everything that the files ask of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The target's name.
    pub target: String,
    /// The comment of every object of this deployment.
    pub owner_comment: String,
    /// Files by set, those whose condition holds, in order.
    pub sets: BTreeMap<String, Vec<SqlFile>>,
    /// The other files by their path, with the condition that does not hold.
    pub left_out: BTreeMap<String, String>,
    /// Images by key.
    pub images: BTreeMap<String, ImageState>,
    /// Services by key.
    pub services: BTreeMap<String, DesiredService>,
    /// Names of pools by key.
    pub pools: BTreeMap<String, String>,
    /// The user that logs in at the endpoints.
    pub user: String,
    /// `DB.SCHEMA.REPOSITORY`.
    pub repository: String,
    /// `DB.SCHEMA.STAGE` of the stage for specs.
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
    /// Whether it has an endpoint that is public.
    pub public: bool,
    /// Its spec, when all its images are built.
    pub spec: Option<RenderedSpec>,
}

/// Renders and checks every file for a target. `images` says of each image whether it is built;
/// one that is missing there counts as never built.
pub fn desired(
    project: &Project,
    target: &str,
    images: &BTreeMap<String, ImageState>,
) -> Result<Desired, Error> {
    project.target(target)?;
    variables::check(project)?;
    check_all_used(project)?;
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
    let mut spec_files = BTreeMap::new();
    for key in project.config.services.keys().map(ToString::to_string) {
        let service = service(project, target, &key, &built)?;
        if let Some(spec) = &service.spec {
            spec_files.insert(key.clone(), spec.file_name.clone());
        }
        services.insert(key, service);
    }
    let mut sets = BTreeMap::new();
    let mut left_out = BTreeMap::new();
    for (set, sources) in &project.sql {
        let files = sql_files(project, target, set, &spec_files)?;
        for source in sources.iter().filter(|s| !files.iter().any(|file| file.path == s.path)) {
            let condition = source.text.lines().find_map(|line| line.strip_prefix("-- when: "));
            left_out.insert(source.path.clone(), condition.unwrap_or_default().trim().to_owned());
        }
        sets.insert(set.clone(), files);
    }
    for (key, service) in &services {
        let mut files = sets.get("services").into_iter().flatten();
        if !files.any(|file: &SqlFile| file.creates(ObjectKind::Service, &service.name)) {
            return Err(nothing_creates(key, &service.name));
        }
    }
    let d = &project.config.deployment;
    let pools = project.config.pools.iter();
    Ok(Desired {
        target: target.to_owned(),
        owner_comment: variables::owner_comment(&project.config),
        sets,
        left_out,
        images: desired_images,
        services,
        pools: pools.map(|(key, pool)| (key.to_string(), pool.name.to_string())).collect(),
        user: d.user.to_string(),
        repository: in_schema(project, &d.repository),
        specs_stage: in_schema(project, &d.stages.specs),
    })
}

impl Desired {
    /// Every object that the files create or drop: what has to be observed.
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

    /// Every role and user that the files grant something to, as `("ROLE", name)` or `("USER", name)`.
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
    let file = spec::source(project, config)?;
    let images = spec::images_of(project, file)?;
    // A spec is checked even when its digests are not known yet.
    let mut digests = built.clone();
    for image in project.config.images.keys() {
        digests.entry(image.to_string()).or_insert_with(|| "0".repeat(12));
    }
    let rendered = spec::render_spec(project, target, key, &digests)?;
    let parsed = yaml::parse(&file.path, &rendered.text)?;
    let endpoints = parsed.pointer("/spec/endpoints").and_then(|list| list.as_array());
    let public = endpoints.is_some_and(|list| {
        list.iter().any(|endpoint| endpoint.get("public").and_then(|p| p.as_bool()) == Some(true))
    });
    let known = images.iter().all(|image| built.contains_key(image));
    Ok(DesiredService {
        name: in_schema(project, &config.name),
        pool: config.pool.to_string(),
        images,
        public,
        spec: known.then_some(rendered),
    })
}

/// The files of a set whose condition holds, rendered. A spec file that is not known yet stands as
/// `<service>.yaml`: such a statement is rendered again when it is.
pub(crate) fn sql_files(
    project: &Project,
    target: &str,
    set: &str,
    spec_files: &BTreeMap<String, String>,
) -> Result<Vec<SqlFile>, Error> {
    let mut variables = Variables::of(&project.config);
    variables.set("target", Value::Text(target.to_owned()));
    for key in project.config.services.keys() {
        let name = spec_files.get(&**key).cloned().unwrap_or_else(|| format!("{key}.yaml"));
        variables.set(format!("{key}_spec_file"), Value::Text(name));
    }
    let mut files = Vec::new();
    for source in project.sql.get(set).into_iter().flatten() {
        let text = template::render(source, Syntax::Sql, &variables)?;
        let file = SqlFile::parse(&source.path, &text)?;
        let holds = match file.when.as_deref() {
            None => true,
            Some(condition) => condition_holds(&project.config, condition).ok_or_else(|| {
                Error::new(format!("unknown condition `{condition}`"))
                    .at(&source.path, 3)
                    .with_hint(format!("use one of: {}", CONDITIONS.join(", ")))
            })?,
        };
        if holds {
            files.push(file);
        }
    }
    Ok(files)
}

const CONDITIONS: [&str; 4] = ["ingress_integration", "egress", "not egress", "own_schema"];

fn condition_holds(config: &Config, condition: &str) -> Option<bool> {
    match condition {
        "ingress_integration" => Some(config.ingress.create_integration),
        "egress" => Some(!config.egress.hosts.is_empty()),
        "not egress" => Some(config.egress.hosts.is_empty()),
        "own_schema" => Some(&*config.deployment.schema != "PUBLIC"),
        _ => None,
    }
}

/// `DB.SCHEMA.NAME`.
pub(crate) fn in_schema(project: &Project, name: &str) -> String {
    let d = &project.config.deployment;
    format!("{}.{}.{name}", d.database, d.schema)
}

/// A service of `spcs.toml` that no file creates would be waited for in vain.
pub(crate) fn nothing_creates(service: &str, name: &str) -> Error {
    let hint = format!(
        "add one with `CREATE SERVICE IF NOT EXISTS`, or take [services.{service}] out of spcs.toml"
    );
    Error::new(format!("no file of sql/services creates the service `{name}`")).with_hint(hint)
}

/// What the user listed must be used by some template, or it is a mistake that nobody notices.
fn check_all_used(project: &Project) -> Result<(), Error> {
    let mut used = BTreeSet::new();
    for file in project.sql.values().flatten().chain(project.specs.values()) {
        used.extend(template::used(file)?);
    }
    for (name, line) in variables::user_defined(project) {
        if !used.contains(&name) {
            return Err(Error::new(format!("no template uses `<% {name} %>`"))
                .at("spcs.toml", line)
                .with_hint("use it in a file of sql/ or specs/, or take it out of spcs.toml"));
        }
    }
    Ok(())
}
