//! Reasons, summaries, subjects and ids are printed, and nothing is decided by their text.
//!
//! The types of a plan do most of this: they have no text to compare. This rule finds what they
//! let pass: a text made of one of them, and fields of these names that are text themselves.

use crate::tidy::{files, none};

/// The names of what is only printed.
const PRINTED: [&str; 4] = ["reason", "summary", "subject", "id"];

/// What makes a text of a value, or passes a text on.
const AS_TEXT: [&str; 5] = [".to_string()", ".as_str()", ".as_ref()", ".as_deref()", ".trim()"];

/// What looks into a text.
const LOOKS_INTO: [&str; 11] = [
    ".starts_with(",
    ".ends_with(",
    ".contains(",
    ".find(",
    ".strip_prefix(",
    ".strip_suffix(",
    ".split",
    ".rsplit",
    ".matches(",
    ".eq(",
    ".eq_ignore_ascii_case(",
];

/// What a comparison with a text goes on with.
const TEXT: [&str; 5] = ["\"", "&\"", "format!(", "&format!(", "String::"];

/// What stands before a value whose text is compared or looked for.
const COMPARES: [&str; 6] = ["==", "!=", "match", "matches!(", ".contains(", ".eq("];

#[test]
fn nothing_is_decided_by_text_that_is_printed() {
    let folders = ["xtask/src", "xtask/crates/spcs-plan/src", "xtask/crates/spcs-apply/src"];
    let code = files(&folders, ".rs").into_iter();
    let code =
        code.filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"));
    let wrong = code.flat_map(|file| {
        let found = decisions(file.text.split("#[cfg(test)]").next().unwrap_or_default());
        found.into_iter().map(move |place| format!("{}: {place}", file.path))
    });
    none(
        wrong.collect(),
        "match on the variants of the type: `Reason`, `Effect`, `Subject`, `StepId`",
    );
}

/// The places of a file that look into a printed value, or compare its text.
fn decisions(code: &str) -> Vec<String> {
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    // A chain of calls may stand on several lines.
    let code = lines.collect::<Vec<_>>().join(" ").replace(" .", ".");
    let mut found = Vec::new();
    for name in PRINTED {
        for (at, _) in code.match_indices(name) {
            let (before, after) = (&code[..at], &code[at + name.len()..]);
            if before.ends_with(is_of_a_name) || after.starts_with(is_of_a_name) {
                continue;
            }
            // The method `summary` makes a text.
            let called = after.strip_prefix("()");
            let rest = without_conversions(called.unwrap_or(after));
            let is_text =
                rest.len() < called.unwrap_or(after).len() || called.is_some() && name == "summary";
            let compared =
                ["==", "!="].into_iter().filter_map(|sign| rest.trim_start().strip_prefix(sign));
            let with_text = compared.into_iter().any(|other| starts_with(other, &TEXT));
            let receiver = before.trim_end_matches(|c: char| is_of_a_name(c) || c == '.');
            let before = receiver.trim_end_matches(['&', '*', ' ']);
            if starts_with(rest, &LOOKS_INTO)
                || with_text
                || is_text && COMPARES.iter().any(|compares| before.ends_with(compares))
            {
                let start = receiver.len();
                let place: String = code[start..].chars().take(60).collect();
                found.push(place);
            }
        }
    }
    found
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn without_conversions(mut code: &str) -> &str {
    while let Some(rest) = AS_TEXT.iter().find_map(|conversion| code.strip_prefix(conversion)) {
        code = rest;
    }
    code
}

fn starts_with(code: &str, beginnings: &[&str]) -> bool {
    let code = code.trim_start();
    beginnings.iter().any(|beginning| code.starts_with(beginning))
}

#[test]
fn a_decision_by_text_is_found_however_it_is_written() {
    for wrong in [
        "if statement.reason.starts_with(\"kept\") {}",
        "let session = self.summary().contains(\"session\");",
        "steps.find(|step| step.id.to_string() == format!(\"service:{key}\"))",
        "step\n    .id\n    .to_string()\n    .starts_with(\"push:\")",
        "match statement.reason.to_string().as_str() { _ => () }",
        "if wanted == step.subject.to_string() {}",
        "if seen.contains(&step.id.to_string()) {}",
        "if wanted.contains(&statement.summary()) {}",
        "if reason != \"it was never built\" {}",
    ] {
        assert_eq!(decisions(wrong).len(), 1, "{wrong}");
    }
}

#[test]
fn printing_and_comparing_values_is_no_decision_by_text() {
    for right in [
        "steps.find(|step| step.id == *id)",
        "if seen.contains(&step.id) {}",
        "if status.pid == child.id() {}",
        "matches!(statement.reason, Reason::Kept(_))",
        "let text = format!(\"{}: {}\", step.id, step.reason);",
        "bar.set_message(step.reason.to_string());",
        "let valid = text.starts_with(\"id\");",
        "// the reason.starts_with(\"kept\")",
        "Stale { reason: reason.clone() }",
    ] {
        assert_eq!(decisions(right), Vec::<String>::new(), "{right}");
    }
}
