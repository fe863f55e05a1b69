//! Comments that allow a finding: `# lint:allow <rule>: <reason>`, or `-- lint:allow …` in SQL.
//!
//! At the end of a line, such a comment concerns that line; on a line of its own, the next line that
//! is not a comment.

use crate::lint::rules::{ALLOW_UNKNOWN, ALLOW_UNUSED, ALLOW_WITHOUT_REASON, RULES};
use crate::lint::shape::nearest;
use crate::lint::{Finding, Findings};
use crate::project::SourceFile;

/// How a file writes comments.
#[derive(Clone, Copy)]
pub(super) enum Comments {
    /// `# …`, in YAML and in Python.
    Yaml,
    /// `-- …`
    Sql,
}

/// What a comment allows.
struct Allow<'t> {
    rule: &'t str,
    reason: &'t str,
    /// The line of the comment.
    line: usize,
    /// The line that it concerns.
    concerns: usize,
}

/// Removes the findings that a comment allows, and adds those about the comments themselves.
pub(super) fn apply(file: &SourceFile, comments: Comments, found: Vec<Finding>) -> Vec<Finding> {
    let allows = read(&file.text, comments);
    let allows_it = |allow: &Allow<'_>, finding: &Finding| {
        allow.concerns == finding.line && allow.rule == finding.rule.name
    };
    let mut about = Findings { file: &file.path, found: Vec::new() };
    for allow in &allows {
        if !RULES.iter().any(|rule| rule.name == allow.rule) {
            let message = format!("there is no rule `{}`", allow.rule);
            let message = match nearest(allow.rule, RULES.iter().map(|rule| rule.name)) {
                Some(name) => format!("{message}: did you mean `{name}`?"),
                None => message,
            };
            about.add(&ALLOW_UNKNOWN, allow.line, message);
        } else if !found.iter().any(|finding| allows_it(allow, finding)) {
            let message = format!("line {} does not violate `{}`", allow.concerns, allow.rule);
            about.add(&ALLOW_UNUSED, allow.line, message);
        } else if allow.reason.is_empty() {
            let message = format!("no reason: write `lint:allow {}: <reason>`", allow.rule);
            about.add(&ALLOW_WITHOUT_REASON, allow.line, message);
        }
    }
    let mut left: Vec<Finding> = found
        .into_iter()
        .filter(|finding| !allows.iter().any(|allow| allows_it(allow, finding)))
        .collect();
    left.append(&mut about.found);
    left.sort_by(|a, b| (a.line, a.rule.name).cmp(&(b.line, b.rule.name)));
    left
}

fn read(text: &str, comments: Comments) -> Vec<Allow<'_>> {
    let sign = match comments {
        Comments::Yaml => "#",
        Comments::Sql => "--",
    };
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with(sign);
    let mut allows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, allowed)) = line.split_once("lint:allow ") else { continue };
        let Some(code) = before.trim_end().strip_suffix(sign) else { continue };
        let (rule, reason) = allowed.split_once(':').unwrap_or((allowed, ""));
        let next = lines.iter().skip(at + 1).position(|line| !is_comment(line));
        let concerns = match next {
            Some(next) if code.trim().is_empty() => at + 2 + next,
            _ => at + 1,
        };
        allows.push(Allow { rule: rule.trim(), reason: reason.trim(), line: at + 1, concerns });
    }
    allows
}
