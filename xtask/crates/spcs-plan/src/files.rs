//! Renders the files of `sql/`: once for the deployment, or once per service or pool.

use std::collections::BTreeMap;

use crate::config::{Config, Key, Service};
use crate::error::Error;
use crate::project::{Project, SourceFile};
use crate::spec::RenderedSpec;
use crate::sql::{Condition, Each, Header, SqlFile};
use crate::template::{self, Syntax};
use crate::variables::{Value, Variables};

/// Facts about a service that its files depend on and that come from its spec.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServiceFacts {
    /// The name of its staged spec. While that is unknown, the placeholder `<service>.yaml` is used,
    /// and the file is rendered again later.
    pub(crate) spec_file: Option<String>,
    /// Whether it has a public endpoint.
    pub(crate) is_public: bool,
}

impl ServiceFacts {
    pub(crate) fn of(spec: &RenderedSpec) -> Self {
        Self { spec_file: Some(spec.file_name.clone()), is_public: !spec.public.is_empty() }
    }
}

/// Renders the files of a set whose condition holds.
pub(crate) fn render_set(
    project: &Project,
    target: &str,
    set: &str,
    services: &BTreeMap<String, ServiceFacts>,
) -> Result<Vec<SqlFile>, Error> {
    let mut files = Vec::new();
    for source in project.sql.get(set).into_iter().flatten() {
        let header = Header::parse(&source.path, &source.text)?;
        for entry in entries(&project.config, set, header.each, services) {
            files.extend(render(project, target, source, &header, &entry)?);
        }
    }
    Ok(files)
}

/// Renders one file for one service.
pub(crate) fn render_for_service(
    project: &Project,
    target: &str,
    path: &str,
    service: &str,
    facts: ServiceFacts,
) -> Result<Option<SqlFile>, Error> {
    let mut sources = project.sql.values().flatten();
    let source = sources.find(|source| source.path == path);
    let service = project.config.services.get_key_value(service);
    let (Some(source), Some((key, service))) = (source, service) else { return Ok(None) };
    let header = Header::parse(&source.path, &source.text)?;
    let entry = match header.each {
        Some(Each::Service) => Entry::Service { key, service, facts },
        _ => Entry::Deployment,
    };
    render(project, target, source, &header, &entry)
}

/// The text of every file of `sql/`, for every entry, whatever its conditions: what the Snowflake CLI
/// runs. The lines are those of the template.
pub(crate) fn texts(
    project: &Project,
    target: &str,
    services: &BTreeMap<String, ServiceFacts>,
) -> Result<Vec<SourceFile>, Error> {
    let mut texts = Vec::new();
    for (set, sources) in &project.sql {
        for source in sources {
            let header = Header::parse(&source.path, &source.text)?;
            for entry in entries(&project.config, set, header.each, services) {
                let text = text(project, target, source, &entry)?;
                texts.push(SourceFile { path: source.path.clone(), text });
            }
        }
    }
    Ok(texts)
}

fn text(
    project: &Project,
    target: &str,
    source: &SourceFile,
    entry: &Entry<'_>,
) -> Result<String, Error> {
    let mut variables = entry.variables(&project.config);
    variables.set("target", Value::Text(target.to_owned()));
    template::render(source, Syntax::Sql, &variables)
}

/// Renders a file for an entry. Returns nothing if the file's condition does not hold.
fn render(
    project: &Project,
    target: &str,
    source: &SourceFile,
    header: &Header,
    entry: &Entry<'_>,
) -> Result<Option<SqlFile>, Error> {
    let text = text(project, target, source, entry)?;
    let holds = |condition: &Condition| {
        let holds = entry.condition_holds(&project.config, &condition.text);
        holds.ok_or_else(|| entry.unknown_condition(source, condition))
    };
    // Parse the file even if its condition does not hold, so that its errors are found early.
    let file = SqlFile::parse(&source.path, &text, entry.key(), holds)?;
    Ok(header.when.as_ref().map_or(Ok(true), holds)?.then_some(file))
}

/// What a file is rendered for.
enum Entry<'c> {
    Deployment,
    Service { key: &'c Key, service: &'c Service, facts: ServiceFacts },
    Pool { key: &'c Key, pool: &'c crate::config::Pool },
}

/// What the files of a set are rendered for, in the order in which they run.
fn entries<'c>(
    config: &'c Config,
    set: &str,
    each: Option<Each>,
    facts: &BTreeMap<String, ServiceFacts>,
) -> Vec<Entry<'c>> {
    match each {
        None => vec![Entry::Deployment],
        Some(Each::Pool) => {
            config.pools.iter().map(|(key, pool)| Entry::Pool { key, pool }).collect()
        }
        Some(Each::Service) => {
            let keys = if set == "teardown" { config.drop_order() } else { config.start_order() };
            let service = |key: &'c Key| {
                let facts = facts.get(&**key).cloned().unwrap_or_default();
                let service = config.services.get(key)?;
                Some(Entry::Service { key, service, facts })
            };
            keys.into_iter().filter_map(service).collect()
        }
    }
}

const CONDITIONS: [&str; 4] = ["ingress_integration", "egress", "not egress", "own_schema"];
const SERVICE_CONDITIONS: [&str; 5] = [
    "service_public",
    "service_egress",
    "service_egress_off",
    "service_warehouse",
    "service_warehouse_off",
];

impl Entry<'_> {
    fn key(&self) -> Option<&str> {
        match self {
            Self::Deployment => None,
            Self::Service { key, .. } | Self::Pool { key, .. } => Some(key),
        }
    }

    fn variables(&self, config: &Config) -> Variables {
        match self {
            Self::Deployment => Variables::of(config),
            Self::Service { key, service, facts } => {
                let unknown = format!("{key}.yaml");
                let spec_file = facts.spec_file.as_ref().unwrap_or(&unknown);
                Variables::of_service(config, service, spec_file)
            }
            Self::Pool { pool, .. } => Variables::of_pool(config, pool),
        }
    }

    /// Whether a condition holds; nothing if the condition is unknown.
    fn condition_holds(&self, config: &Config, condition: &str) -> Option<bool> {
        let has_hosts = !config.egress.hosts.is_empty();
        match (condition, self) {
            ("ingress_integration", _) => Some(config.ingress.create_integration),
            ("egress", _) => Some(has_hosts),
            ("not egress", _) => Some(!has_hosts),
            ("own_schema", _) => Some(&*config.deployment.schema != "PUBLIC"),
            ("service_public", Self::Service { facts, .. }) => Some(facts.is_public),
            ("service_egress", Self::Service { service, .. }) => {
                Some(service.egress == Some(true) && has_hosts)
            }
            // Without hosts there is no integration to attach.
            ("service_egress_off", Self::Service { service, .. }) => {
                Some(service.egress.is_some_and(|egress| !(egress && has_hosts)))
            }
            ("service_warehouse", Self::Service { service, .. }) => {
                Some(service.query_warehouse == Some(true))
            }
            ("service_warehouse_off", Self::Service { service, .. }) => {
                Some(service.query_warehouse == Some(false))
            }
            _ => None,
        }
    }

    fn unknown_condition(&self, source: &SourceFile, condition: &Condition) -> Error {
        let mut known = CONDITIONS.to_vec();
        if matches!(self, Self::Service { .. }) {
            known.extend(SERVICE_CONDITIONS);
        }
        Error::new(format!("unknown condition `{}`", condition.text))
            .at(&source.path, condition.line)
            .with_hint(format!("use one of: {}", known.join(", ")))
    }
}
