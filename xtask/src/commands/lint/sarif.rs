//! Findings as a SARIF 2.1.0 document, which code hosts and editors show beside the lines.

use serde_json::{Value as Json, json};
use spcs_plan::lint::{Finding, RULES, Rule};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn document(findings: &[Finding]) -> Json {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "cargo xtask lint",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| describe(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn describe(rule: &Rule) -> Json {
    let mut described = json!({
        "id": rule.name,
        "shortDescription": {"text": rule.says},
        "defaultConfiguration": {"level": rule.level.to_string()},
    });
    // A rule of this project has no address on the web.
    if rule.source.starts_with("https://") {
        described["helpUri"] = rule.source.into();
    } else {
        described["help"] = json!({"text": format!("See {}.", rule.source)});
    }
    described
}

fn result(finding: &Finding) -> Json {
    let Finding { rule, file, line, message } = finding;
    json!({
        "ruleId": rule.name,
        "ruleIndex": RULES.iter().position(|other| other == rule),
        "level": rule.level.to_string(),
        "message": {"text": message},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line},
        }}],
    })
}
