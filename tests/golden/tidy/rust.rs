//! Rules for Rust files.

use crate::sources::root;
use crate::tidy::{TextFile, files, none};

fn rust() -> Vec<TextFile> {
    files(&["xtask", "tests"], ".rs")
}

fn offenders(wrong: impl Fn(&TextFile) -> bool) -> Vec<String> {
    rust().into_iter().filter(|file| wrong(file)).map(|file| file.path).collect()
}

#[test]
fn every_file_starts_by_saying_what_it_is() {
    none(offenders(|file| !file.text.starts_with("//! ")), "start the file with a `//!` line");
}

#[test]
fn no_file_is_too_long_to_read_at_once() {
    none(offenders(|file| file.text.lines().count() > 400), "split the file: 400 lines at most");
}

#[test]
fn modules_with_parts_are_named_files() {
    none(offenders(|file| file.path.ends_with("/mod.rs")), "rename `foo/mod.rs` to `foo.rs`");
}

#[test]
fn no_test_is_switched_off_or_expected_to_panic() {
    // Put together here, so that this file does not hold what it forbids.
    let forbidden = [format!("#[{}", "ignore"), format!("#[{}", "should_panic")];
    let wrong = |file: &TextFile| forbidden.iter().any(|text| file.text.contains(text.as_str()));
    none(offenders(wrong), "make the test pass everywhere, or move it to a suite of its own");
}

#[test]
fn ddl_stands_in_sql_files_and_not_in_the_client() {
    let client = ["xtask/src/", "xtask/crates/spcs-apply/src/"];
    let ddl = ["\"CREATE ", "\"DROP ", "\"GRANT ", "\"ALTER ", "\"REVOKE "];
    let wrong = |file: &TextFile| {
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        !is_test
            && client.iter().any(|folder| file.path.starts_with(folder))
            && ddl.iter().any(|start| code.contains(start))
    };
    none(offenders(wrong), "move the statement to a file of sql/");
}

#[test]
fn only_spcs_apply_names_the_client_libraries() {
    let names = ["snowflake_connector_rs::", "oci_distribution::", "oci_client::"];
    let wrong = |file: &TextFile| {
        file.path.starts_with("xtask/")
            && !file.path.starts_with("xtask/crates/spcs-apply/")
            && names.iter().any(|name| file.text.contains(name))
    };
    none(offenders(wrong), "go through the `spcs-apply` crate");
}

/// `cargo fmt` follows `mod` items, and does not see those that a macro makes.
#[test]
#[expect(clippy::disallowed_types, reason = "only rustfmt knows how it formats")]
fn modules_that_a_macro_declares_are_formatted() {
    let kinds = files(&["xtask/crates/spcs-local/src/kind"], ".rs");
    let mut rustfmt = std::process::Command::new("rustfmt");
    rustfmt.current_dir(root()).args(["--edition", "2024", "--check", "--color", "never"]);
    let checked = rustfmt.args(kinds.iter().map(|file| &file.path)).output();
    let checked = checked.expect("rustfmt comes with the toolchain");
    let difference = String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success(),
        "run `rustfmt --edition 2024 xtask/crates/spcs-local/src/kind/*.rs`:\n{difference}"
    );
}
