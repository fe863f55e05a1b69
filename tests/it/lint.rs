//! `lint` on projects with findings: what it prints, its exit codes, and what depends on the target.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A field that Snowflake documents and the local platform does not support.
fn use_a_gpu(sandbox: &Sandbox, comment: &str) {
    let gpu = format!("cpu: \"0.5\"\n          nvidia.com/gpu: 1{comment}");
    sandbox.edit("specs/jupyter.yaml", "cpu: \"0.5\"", &gpu);
    sandbox.edit("specs/jupyter.yaml", "cpu: \"2\"", "cpu: \"2\"\n          nvidia.com/gpu: 1");
}

#[test]
fn a_legal_spec_that_the_local_platform_cannot_run_passes_for_an_account() {
    let sandbox = Sandbox::new();
    use_a_gpu(&sandbox, "");
    sandbox.xtask(&["lint", "--target", "snowflake"]).code(0);
    for arguments in [&["lint"][..], &["lint", "--target", "local"]] {
        let printed = sandbox.xtask(arguments).code(3).stdout;
        let place = "specs/jupyter.yaml:22: error: spec.containers[0].resources.requests.nvidia.com/gpu is not supported by the local platform [local-support]";
        assert!(printed.contains(place), "{printed}");
    }
}

#[test]
fn a_comment_with_a_reason_allows_a_finding() {
    let sandbox = Sandbox::new();
    use_a_gpu(&sandbox, "  # lint:allow local-support: only the account has GPUs");
    for target in ["local", "snowflake"] {
        sandbox.xtask(&["lint", "--target", target]).code(0);
    }
    sandbox.edit("specs/jupyter.yaml", ": only the account has GPUs", "");
    let printed = sandbox.xtask(&["lint", "--target", "local"]).code(3).stdout;
    assert!(printed.contains("specs/jupyter.yaml:22: error: no reason"), "{printed}");
}

#[test]
fn findings_are_printed_as_text_as_json_and_as_sarif() {
    let sandbox = Sandbox::new();
    sandbox.edit("specs/milvus.yaml", "readinessProbe:", "redinessProbe:");
    sandbox.edit("sql/bootstrap/040_user.sql", "  TYPE = PERSON\n", "");
    sandbox.xtask(&["lint"]).snapshot("lint_findings");
    let json = sandbox.xtask(&["lint", "--format", "json"]).code(3).json();
    let found: Vec<(&str, &str)> = json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| (f["file"].as_str().expect("a file"), f["rule"].as_str().expect("a rule")))
        .collect();
    assert_eq!(
        found,
        [
            ("specs/milvus.yaml", "no-readiness-probe"),
            ("specs/milvus.yaml", "unknown-field"),
            ("sql/bootstrap/040_user.sql", "user-type"),
        ]
    );

    sandbox.xtask(&["lint", "--sarif", "lint.sarif"]).code(3);
    let sarif: Value = serde_json::from_str(&sandbox.read("lint.sarif")).expect("a JSON document");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    for (result, (file, rule)) in run["results"].as_array().expect("results").iter().zip(found) {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &result["ruleId"]),
            (&file.into(), &rule.into())
        );
        let index = result["ruleIndex"].as_u64().expect("an index");
        let index = usize::try_from(index).expect("a small number");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], rule);
    }
    assert_eq!(run["results"].as_array().map(Vec::len), Some(3));
}

#[test]
fn the_notebook_of_an_image_is_judged_too() {
    let sandbox = Sandbox::new();
    sandbox.edit(
        "images/jupyter/TestMilvus.ipynb",
        "\"import os",
        "\"if True:\\n\",\n    \"import os",
    );
    let printed = sandbox.xtask(&["lint"]).code(3).stdout;
    assert!(
        printed.contains("`if True:` has no indented block after it [notebook-block]"),
        "{printed}"
    );
}

#[test]
fn a_warning_does_not_end_the_command_with_an_error() {
    let sandbox = Sandbox::new();
    sandbox.edit("spcs.toml", "\"pypi.org:443\"", "\"0.0.0.0:443\"");
    let run = sandbox.xtask(&["lint"]).code(0);
    assert!(
        run.stdout.contains("warning: 0.0.0.0 lets a service send data to any host"),
        "{}",
        run.stdout
    );
}
