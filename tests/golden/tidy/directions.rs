//! Which crate may depend on which, checked against the manifests.

use std::collections::BTreeSet;

use toml::Table;

use crate::tidy::assert_none;
use crate::tidy::manifests::members;

/// A crate, the workspace crates that it may use, and other crates that it must not use.
struct Rule {
    name: &'static str,
    may_use: &'static [&'static str],
    must_not_use: &'static [&'static str],
}

/// Client libraries for Snowflake's and the registry's protocol.
const CLIENTS: &[&str] = &["snowflake-connector-rs", "oci-distribution", "oci-client"];
/// The local platform implements both protocols itself and has no command line.
const PLATFORM: &[&str] = &["snowflake-connector-rs", "oci-distribution", "oci-client", "clap"];

const RULES: [Rule; 9] = [
    Rule { name: "spcs-plan", may_use: &[], must_not_use: &[] },
    Rule { name: "spcs-apply", may_use: &["spcs-plan"], must_not_use: &["axum", "clap"] },
    Rule { name: "spcs-local-files", may_use: &[], must_not_use: PLATFORM },
    Rule { name: "spcs-local-fuzz", may_use: &[], must_not_use: PLATFORM },
    Rule { name: "spcs-local-spec", may_use: &[], must_not_use: PLATFORM },
    Rule { name: "spcs-local-registry", may_use: &["spcs-local-files"], must_not_use: PLATFORM },
    Rule {
        name: "spcs-local-services",
        may_use: &["spcs-local-files", "spcs-local-spec"],
        must_not_use: PLATFORM,
    },
    Rule {
        name: "spcs-local",
        may_use: &[
            "spcs-local-files",
            "spcs-local-registry",
            "spcs-local-services",
            "spcs-local-spec",
        ],
        must_not_use: PLATFORM,
    },
    Rule {
        name: "xtask",
        may_use: &["spcs-apply", "spcs-local", "spcs-local-spec", "spcs-plan"],
        must_not_use: CLIENTS,
    },
];

#[test]
fn every_crate_uses_only_the_crates_below_it() {
    let mut wrong = Vec::new();
    for (path, manifest) in members() {
        let Some(rule) = rule(&manifest) else {
            wrong.push(format!("{path}: the table in this test does not list the crate"));
            continue;
        };
        for used in uses(&manifest, &["dependencies", "build-dependencies"]) {
            let is_ours = used.starts_with("spcs-") || used == "xtask";
            if is_ours && !rule.may_use.contains(&used.as_str()) {
                wrong.push(format!("{path}: {} must not use {used}", rule.name));
            }
            if rule.must_not_use.contains(&used.as_str()) {
                wrong.push(format!("{path}: {} must not use {used}", rule.name));
            }
        }
    }
    assert_none(wrong, "move the code to the crate that may do this, or pass the result in");
}

#[test]
fn the_client_and_the_local_platform_share_no_code_even_in_tests() {
    let mut wrong = Vec::new();
    for (path, manifest) in members() {
        let name = name(&manifest);
        for used in uses(&manifest, &["dependencies", "dev-dependencies", "build-dependencies"]) {
            let client_side = |name: &str| matches!(name, "spcs-plan" | "spcs-apply");
            let platform_side = |name: &str| name.starts_with("spcs-local");
            if client_side(name) && platform_side(&used)
                || platform_side(name) && client_side(&used)
            {
                wrong.push(format!("{path}: {name} must not use {used}"));
            }
        }
    }
    assert_none(
        wrong,
        "keep two independent implementations of the protocol: a shared mistake would pass every test",
    );
}

#[test]
fn spcs_plan_uses_only_pure_libraries() {
    let allowed = ["serde", "serde-saphyr", "serde_json", "sha2", "thiserror", "toml"];
    let plan = members().into_iter().find(|(_, manifest)| name(manifest) == "spcs-plan");
    let (_, plan) = plan.expect("the crate spcs-plan exists");
    let used = uses(&plan, &["dependencies", "build-dependencies"]);
    let wrong = used.into_iter().filter(|name| !allowed.contains(&name.as_str()));
    assert_none(
        wrong.collect(),
        "`spcs-plan` is pure: do this in `spcs-apply` or `xtask` and pass the result in",
    );
}

fn name(manifest: &Table) -> &str {
    manifest["package"]["name"].as_str().expect("a package has a name")
}

fn rule(manifest: &Table) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name(manifest))
}

fn uses(manifest: &Table, tables: &[&str]) -> BTreeSet<String> {
    let tables = tables.iter().filter_map(|table| manifest.get(*table)?.as_table());
    tables.flat_map(|table| table.keys().cloned()).collect()
}
