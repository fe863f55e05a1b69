//! Reasons, summaries, subjects and ids are only printed: no code may decide by their text.
//!
//! The types of a plan prevent most of this, because they are not strings. This rule finds the rest:
//! values converted to strings, and string fields with one of these names.

use crate::tidy::{assert_none, files};

/// The names of values that are only printed.
const PRINTED: [&str; 4] = ["reason", "summary", "subject", "id"];

/// Calls that convert a value to a string, or return a string unchanged.
const AS_TEXT: [&str; 5] = [".to_string()", ".as_str()", ".as_ref()", ".as_deref()", ".trim()"];

/// Calls that inspect a string.
const INSPECTS: [&str; 11] = [
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

/// The start of a string expression on the right side of a comparison.
const STRING_STARTS: [&str; 5] = ["\"", "&\"", "format!(", "&format!(", "String::"];

/// The code before a value that is compared or searched for.
const COMPARES: [&str; 6] = ["==", "!=", "match", "matches!(", ".contains(", ".eq("];

#[test]
fn no_decision_depends_on_printed_text() {
    let folders = ["xtask/src", "xtask/crates/spcs-plan/src", "xtask/crates/spcs-apply/src"];
    let code = files(&folders, ".rs").into_iter();
    let code =
        code.filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"));
    let wrong = code.flat_map(|file| {
        let found = decisions(file.text.split("#[cfg(test)]").next().unwrap_or_default());
        found.into_iter().map(move |place| format!("{}: {place}", file.path))
    });
    assert_none(
        wrong.collect(),
        "match on the variants of the type: `Reason`, `Effect`, `Subject`, `StepId`",
    );
}

/// The places in a file that inspect a printed value or compare its text.
fn decisions(code: &str) -> Vec<String> {
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    // A chain of calls may span several lines.
    let code = lines.collect::<Vec<_>>().join(" ").replace(" .", ".");
    let mut found = Vec::new();
    for name in PRINTED {
        for (at, _) in code.match_indices(name) {
            let (before, after) = (&code[..at], &code[at + name.len()..]);
            if before.ends_with(is_name_char) || after.starts_with(is_name_char) {
                continue;
            }
            // The method `summary` returns a string.
            let called = after.strip_prefix("()");
            let rest = without_conversions(called.unwrap_or(after));
            let is_text =
                rest.len() < called.unwrap_or(after).len() || called.is_some() && name == "summary";
            let compared =
                ["==", "!="].into_iter().filter_map(|sign| rest.trim_start().strip_prefix(sign));
            let with_text = compared.into_iter().any(|other| starts_with(other, &STRING_STARTS));
            let receiver = before.trim_end_matches(|c: char| is_name_char(c) || c == '.');
            let before = receiver.trim_end_matches(['&', '*', ' ']);
            if starts_with(rest, &INSPECTS)
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

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn without_conversions(mut code: &str) -> &str {
    while let Some(rest) = AS_TEXT.iter().find_map(|conversion| code.strip_prefix(conversion)) {
        code = rest;
    }
    code
}

fn starts_with(code: &str, prefixes: &[&str]) -> bool {
    let code = code.trim_start();
    prefixes.iter().any(|prefix| code.starts_with(prefix))
}

#[test]
fn decisions_by_text_are_found_in_every_form() {
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
fn printing_and_comparing_values_is_allowed() {
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
