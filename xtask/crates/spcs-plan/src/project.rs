//! The files of a project.

mod read;

use std::collections::BTreeMap;

use crate::config::{Config, Service, Target, TargetKind};
use crate::error::Error;

/// The files of a project, in memory.
#[derive(Debug, Clone)]
pub struct Project {
    /// `spcs.toml`, parsed.
    pub config: Config,
    /// `spcs.toml`, as text.
    pub(crate) config_text: String,
    /// The files `sql/<set>/<file>` by set, in order.
    pub(crate) sql: BTreeMap<String, Vec<SourceFile>>,
    /// The specs of `[services]`, by path.
    pub(crate) specs: BTreeMap<String, SourceFile>,
}

/// A text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, relative to the project's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Project {
    /// A project from texts, for tests. Runs the same checks as `read`.
    pub fn from_texts(
        config: &str,
        sql: Vec<SourceFile>,
        specs: Vec<SourceFile>,
    ) -> Result<Project, Error> {
        let parsed = crate::config::parse(config)?;
        let mut sets: BTreeMap<String, Vec<SourceFile>> = BTreeMap::new();
        for file in sql {
            let set = file.path.split('/').nth(1).unwrap_or_default().to_owned();
            sets.entry(set).or_default().push(file);
        }
        for files in sets.values_mut() {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(Project {
            config: parsed,
            config_text: config.to_owned(),
            sql: sets,
            specs: specs.into_iter().map(|file| (file.path.clone(), file)).collect(),
        })
    }

    /// Finds a target by name.
    pub fn target(&self, name: &str) -> Result<&Target, Error> {
        self.config.target.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.config.target.keys().map(|k| &**k).collect();
            Error::new(format!("there is no target `{name}`"))
                .at("spcs.toml", None)
                .with_hint(format!("choose one of {}, or add [target.{name}]", known.join(", ")))
        })
    }

    /// The spec template of a service.
    pub(crate) fn spec(&self, service: &Service) -> Result<&SourceFile, Error> {
        let read = self.specs.get(&service.spec);
        read.ok_or_else(|| Error::new("the spec was not read").at(&service.spec, None))
    }

    /// The full name of an object in the deployment's schema: `DB.SCHEMA.NAME`.
    pub(crate) fn in_schema(&self, name: &str) -> String {
        let d = &self.config.deployment;
        format!("{}.{}.{name}", d.database, d.schema)
    }

    pub fn target_kind(&self, target: &str) -> Result<TargetKind, Error> {
        Ok(self.target(target)?.kind())
    }
}
