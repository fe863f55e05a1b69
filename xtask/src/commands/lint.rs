//! `lint`: checks everything that can be checked without a target.

mod sarif;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Value as Json, json};
use spcs_apply::error::Kind;
use spcs_plan::config::TargetKind;
use spcs_plan::lint::{self, Finding, Level};
use spcs_plan::{ImageState, Project, SourceFile};

use crate::cli::Lint;
use crate::context::Context;
use crate::failure::Failure;

/// A placeholder digest for rendering; the checks do not depend on its value.
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

pub(crate) fn run(context: &Context, args: &Lint) -> Result<()> {
    let project = context.project()?;
    let images: BTreeMap<String, ImageState> = project
        .config
        .images
        .keys()
        .map(|key| (key.to_string(), ImageState::Built { digest: DIGEST.to_owned() }))
        .collect();
    let mut checked = Vec::new();
    let targets = targets(context, &project)?;
    for target in &targets {
        let desired = spcs_plan::desired(&project, target, &images)?;
        let statements: usize =
            desired.sets.values().flatten().map(|file| file.statements.len()).sum();
        let files: usize = desired.sets.values().map(Vec::len).sum();
        let specs = desired.services.len();
        context.console.say(format!(
            "{target}: {files} SQL files with {statements} statements and {specs} specs are well-formed"
        ));
        checked.push(
            json!({"target": target, "files": files, "statements": statements, "specs": specs}),
        );
    }
    let mut findings = judge(&project, &targets)?;
    findings.extend(notebooks(context, &project)?);
    if let Some(file) = &args.sarif {
        fs_err::write(file, serde_json::to_vec_pretty(&sarif::document(&findings))?)?;
    }
    let lines: Vec<String> = findings.iter().map(line).collect();
    let document =
        json!({"checked": checked, "findings": findings.iter().map(to_json).collect::<Vec<_>>()});
    context.console.data(&document, lines.join("\n"))?;
    let errors = findings.iter().filter(|finding| finding.rule.level == Level::Error).count();
    if errors == 0 {
        return Ok(());
    }
    let failure =
        Failure::new(Kind::Input, format!("{errors} of {} findings are errors", findings.len()));
    Err(failure.hint("docs/lint.md has all rules, and says how a comment allows one").into())
}

/// The target of `--target`, or every one of the project.
fn targets(context: &Context, project: &Project) -> Result<Vec<String>> {
    if let Some(target) = context.chosen_target() {
        project.target(target)?;
        return Ok(vec![target.to_owned()]);
    }
    Ok(project.config.target.keys().map(ToString::to_string).collect())
}

/// Judges every file by the rules, as each target renders it. What the local platform supports counts
/// for local targets only.
fn judge(project: &Project, targets: &[String]) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = Vec::new();
    for target in targets {
        let (files, private) = lint::sql_files(project, target)?;
        findings.extend(lint::sql(&files, &private));
        let is_local = project.target_kind(target)? == TargetKind::Local;
        for spec in lint::specs(project, target)? {
            let refused = spcs_local_spec::parse(&spec.text).err().map(|error| {
                let line = usize::try_from(error.line).unwrap_or(1);
                lint::local_support(&spec.path, line, error.message)
            });
            let found = lint::spec(&spec, refused).into_iter();
            findings.extend(found.filter(|finding| is_local || !finding.is_local_support()));
        }
    }
    let key = |finding: &Finding| {
        let Finding { rule, file, line, message } = finding;
        (file.clone(), *line, rule.name, message.clone())
    };
    findings.sort_by_cached_key(key);
    // Two services can have one spec, and targets have the same files.
    findings.dedup();
    Ok(findings)
}

/// Judges the notebooks in the folders of the images.
fn notebooks(context: &Context, project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let root = context.root()?;
    let folders: BTreeSet<&str> =
        project.config.images.values().map(|image| image.context.as_str()).collect();
    for folder in folders {
        let mut names = Vec::new();
        for entry in fs_err::read_dir(root.join(folder))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".ipynb")) {
            let path = format!("{folder}/{name}");
            let text = fs_err::read_to_string(root.join(&path))?;
            findings.extend(lint::notebook(&SourceFile { path, text }));
        }
    }
    Ok(findings)
}

fn line(finding: &Finding) -> String {
    let Finding { rule, file, line, message } = finding;
    format!("{file}:{line}: {}: {message} [{}]\n    see {}", rule.level, rule.name, rule.source)
}

fn to_json(finding: &Finding) -> Json {
    json!({
        "rule": finding.rule.name,
        "level": finding.rule.level.to_string(),
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
        "source": finding.rule.source,
    })
}
