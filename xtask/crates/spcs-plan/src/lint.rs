//! `lint`: judges specs, SQL and notebooks by rules of Snowflake's documents.
//!
//! [`RULES`] is the table of rules. Each finding names its rule, its file and its line; a comment
//! `lint:allow <rule>: <reason>` allows one.

mod access;
mod allow;
mod containers;
mod create_service;
mod endpoints;
mod format;
mod lifecycle;
mod notebook;
mod reference;
mod rules;
mod scaling;
mod shape;
mod statements;
mod tree;
mod users;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::desired::{Desired, ImageState};
use crate::error::Error;
use crate::files::{self, ServiceFacts};
use crate::project::{Project, SourceFile};

pub use rules::{Level, RULES, Rule};

/// A violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// The path in the project.
    pub file: String,
    /// From 1.
    pub line: usize,
    pub message: String,
}

/// `specs/milvus.yaml:3: unknown field … (unknown-field)`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} ({})", self.file, self.line, self.message, self.rule.name)
    }
}

/// The findings in one file.
struct Findings<'f> {
    file: &'f str,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, rule: &'static Rule, line: usize, message: impl Into<String>) {
        let (file, message) = (self.file.to_owned(), message.into());
        self.found.push(Finding { rule, file, line, message });
    }
}

/// A finding that the local platform's own parser makes: what it does not support.
pub fn local_support(file: &str, line: usize, message: String) -> Finding {
    Finding { rule: &rules::LOCAL_SUPPORT, file: file.to_owned(), line: line.max(1), message }
}

impl Finding {
    /// Whether it concerns local targets only. It is found for every target, so that a comment that
    /// allows it has something to allow.
    pub fn is_local_support(&self) -> bool {
        *self.rule == rules::LOCAL_SUPPORT
    }
}

/// Judges a service specification, and then its comments that allow findings. `local` is what the
/// local platform's parser says, which counts only if the documents allow the file: that parser stops
/// at its first error, which may be the same one.
pub fn spec(file: &SourceFile, local: Option<Finding>) -> Vec<Finding> {
    let mut findings = Findings { file: &file.path, found: Vec::new() };
    match tree::parse(&file.path, &file.text) {
        Err(error) => findings.add(&rules::SYNTAX, error.line().unwrap_or(1), error.message()),
        Ok(document) => {
            shape::check(&document, "", &reference::DOCUMENT, &mut findings);
            containers::check(&document, &mut findings);
            endpoints::check(&document, &mut findings);
            volumes::check(&document, &mut findings);
            scaling::check(&document, &mut findings);
        }
    }
    if !findings.found.iter().any(|finding| finding.rule.level == Level::Error) {
        findings.found.extend(local);
    }
    allow::apply(file, allow::Comments::Yaml, findings.found)
}

/// Judges SQL files together: some rules look for the counterpart of a statement in another file.
/// `private` has the services without a public endpoint. A file may be there once for each service or
/// pool that it is rendered for.
pub fn sql(files: &[SourceFile], private: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings: BTreeMap<&str, Findings<'_>> = files
        .iter()
        .map(|file| (file.path.as_str(), Findings { file: &file.path, found: Vec::new() }))
        .collect();
    let mut all = Vec::new();
    for file in files {
        let Some(found) = findings.get_mut(file.path.as_str()) else { continue };
        match statements::read(file) {
            Err(error) => found.add(&rules::SYNTAX, error.line().unwrap_or(1), error.message()),
            Ok(statements) => {
                for statement in &statements {
                    create_service::check(statement, found);
                    users::check(statement, found);
                }
                all.extend(statements);
            }
        }
    }
    lifecycle::check(&all, &mut findings);
    access::check(&all, private, &mut findings);
    let mut left = Vec::new();
    for (path, findings) in findings {
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        let mut found = allow::apply(file, allow::Comments::Sql, findings.found);
        found.dedup();
        left.append(&mut found);
    }
    left
}

/// Judges a notebook.
pub fn notebook(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Findings { file: &file.path, found: Vec::new() };
    notebook::check(&file.text, &mut findings);
    allow::apply(file, allow::Comments::Yaml, findings.found)
}

/// The rendered SQL of a target, without regard to conditions, and its services without a public
/// endpoint.
pub fn sql_files(
    project: &Project,
    target: &str,
) -> Result<(Vec<SourceFile>, BTreeSet<String>), Error> {
    let desired = rendered(project, target)?;
    let mut facts = BTreeMap::new();
    let mut private = BTreeSet::new();
    for (key, service) in &desired.services {
        if service.public.is_empty() {
            private.insert(service.name.rsplit('.').next().unwrap_or_default().to_owned());
        }
        facts.insert(key.clone(), service.spec.as_ref().map(ServiceFacts::of).unwrap_or_default());
    }
    Ok((files::texts(project, target, &facts)?, private))
}

/// The names of all documented fields of a specification.
pub fn documented_fields() -> Vec<&'static str> {
    let mut names = Vec::new();
    shape::names(&reference::DOCUMENT, &mut names);
    names
}

/// The rendered specs of a target, by service. Their lines are those of the templates.
pub fn specs(project: &Project, target: &str) -> Result<Vec<SourceFile>, Error> {
    let desired = rendered(project, target)?;
    let services = project.config.services.iter();
    let specs = services.filter_map(|(key, service)| {
        let text = desired.services.get(&**key)?.spec.as_ref()?.text.clone();
        Some(SourceFile { path: service.spec.clone(), text })
    });
    Ok(specs.collect())
}

/// The desired state with a placeholder for each image's digest.
fn rendered(project: &Project, target: &str) -> Result<Desired, Error> {
    let digest = format!("sha256:{}", "0".repeat(64));
    let images = project.config.images.keys();
    let images = images.map(|key| (key.to_string(), ImageState::Built { digest: digest.clone() }));
    crate::desired::desired(project, target, &images.collect())
}
