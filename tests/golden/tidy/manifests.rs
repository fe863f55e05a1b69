//! Rules for manifests: versions, and what every crate inherits.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::sources::root;
use crate::tidy::{assert_none, files};

pub(crate) fn manifest(path: &str) -> Table {
    let text = std::fs::read_to_string(root().join(path)).expect("the manifest exists");
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn members() -> Vec<(String, Table)> {
    let members = files(&["xtask"], "Cargo.toml").into_iter();
    members.map(|file| (file.path.clone(), manifest(&file.path))).collect()
}

#[test]
fn only_the_root_manifest_has_versions() {
    let mut wrong = Vec::new();
    for (path, manifest) in members() {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let entries = manifest.get(table).and_then(Value::as_table).into_iter().flatten();
            for (name, entry) in entries {
                if entry.get("workspace").and_then(Value::as_bool) != Some(true) {
                    wrong.push(format!("{path}: {name}"));
                }
            }
        }
    }
    assert_none(wrong, "write `workspace = true`, and put the version in the root's Cargo.toml");
}

#[test]
fn every_member_inherits_the_lints_and_the_package_table() {
    let mut wrong = Vec::new();
    for (path, manifest) in members() {
        let inherits = |table: &str, key: &str| {
            let value = manifest.get(table).and_then(|table| table.get(key));
            let value =
                if key == "workspace" { value } else { value.and_then(|v| v.get("workspace")) };
            value.and_then(Value::as_bool) == Some(true)
        };
        for (table, key) in [
            ("lints", "workspace"),
            ("package", "version"),
            ("package", "edition"),
            ("package", "rust-version"),
            ("package", "license"),
            ("package", "publish"),
        ] {
            if !inherits(table, key) {
                wrong.push(format!("{path}: {table}.{key}"));
            }
        }
    }
    assert_none(wrong, "inherit these from the workspace");
}

#[test]
fn every_workspace_dependency_is_used() {
    let workspace = manifest("Cargo.toml");
    let listed =
        workspace["workspace"]["dependencies"].as_table().expect("the dependencies are a table");
    let mut used = BTreeSet::new();
    for (_, manifest) in members() {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let entries = manifest.get(table).and_then(Value::as_table).into_iter().flatten();
            used.extend(entries.map(|(name, _)| name.clone()));
        }
    }
    let unused = listed.keys().filter(|name| !used.contains(*name));
    assert_none(unused.cloned().collect(), "remove these from the root's Cargo.toml");
}

#[test]
fn every_clippy_ban_has_a_reason() {
    let mut wrong = Vec::new();
    for path in ["clippy.toml", "xtask/crates/spcs-plan/clippy.toml"] {
        for (key, value) in manifest(path) {
            let entries = value.as_array().into_iter().flatten();
            let bans = entries.filter(|_| key.starts_with("disallowed"));
            let without = bans.filter(|ban| ban.get("reason").is_none());
            wrong.extend(without.map(|ban| format!("{path}: {ban}")));
        }
    }
    assert_none(wrong, "say why it is banned");
}
