//! Rules for Rust files.

use crate::sources::root;
use crate::tidy::{TextFile, assert_none, files};

fn rust() -> Vec<TextFile> {
    files(&["xtask", "tests"], ".rs")
}

fn offenders(wrong: impl Fn(&TextFile) -> bool) -> Vec<String> {
    rust().into_iter().filter(|file| wrong(file)).map(|file| file.path).collect()
}

#[test]
fn every_file_starts_with_a_module_doc() {
    assert_none(
        offenders(|file| !file.text.starts_with("//! ")),
        "start the file with a `//!` line",
    );
}

#[test]
fn no_file_has_more_than_400_lines() {
    assert_none(
        offenders(|file| file.text.lines().count() > 400),
        "split the file: 400 lines at most",
    );
}

#[test]
fn no_module_is_a_mod_rs() {
    assert_none(
        offenders(|file| file.path.ends_with("/mod.rs")),
        "rename `foo/mod.rs` to `foo.rs`",
    );
}

#[test]
fn no_test_is_ignored_or_expected_to_panic() {
    // Composed here so that this file does not contain the forbidden text.
    let forbidden = [format!("#[{}", "ignore"), format!("#[{}", "should_panic")];
    let wrong = |file: &TextFile| forbidden.iter().any(|text| file.text.contains(text.as_str()));
    assert_none(offenders(wrong), "make the test pass everywhere, or move it to its own suite");
}

#[test]
fn the_client_contains_no_ddl() {
    let client = ["xtask/src/", "xtask/crates/spcs-apply/src/"];
    let ddl = ["\"CREATE ", "\"DROP ", "\"GRANT ", "\"ALTER ", "\"REVOKE "];
    let wrong = |file: &TextFile| {
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        !is_test
            && client.iter().any(|folder| file.path.starts_with(folder))
            && ddl.iter().any(|start| code.contains(start))
    };
    assert_none(offenders(wrong), "move the statement to a file of sql/");
}

#[test]
fn only_spcs_apply_uses_the_client_libraries() {
    let names = ["snowflake_connector_rs::", "oci_distribution::", "oci_client::"];
    let wrong = |file: &TextFile| {
        file.path.starts_with("xtask/")
            && !file.path.starts_with("xtask/crates/spcs-apply/")
            && names.iter().any(|name| file.text.contains(name))
    };
    assert_none(offenders(wrong), "go through the `spcs-apply` crate");
}

/// `cargo fmt` follows `mod` items but not those that a macro generates.
#[test]
#[expect(clippy::disallowed_types, reason = "the test runs rustfmt")]
fn modules_that_a_macro_declares_are_formatted() {
    let kinds = files(&["xtask/crates/spcs-local/src/kind"], ".rs");
    let mut rustfmt = std::process::Command::new("rustfmt");
    rustfmt.current_dir(root()).args(["--edition", "2024", "--check", "--color", "never"]);
    let checked = rustfmt.args(kinds.iter().map(|file| &file.path)).output();
    let checked = checked.expect("the toolchain includes rustfmt");
    let difference = String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success(),
        "run `rustfmt --edition 2024 xtask/crates/spcs-local/src/kind/*.rs`:\n{difference}"
    );
}
