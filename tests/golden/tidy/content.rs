//! Rules for `sql/`, `specs/`, snapshots and documents.

use std::collections::BTreeSet;

use spcs_plan::{Desired, Effect, ObjectKind};

use crate::sources::{desired, desired_alternative, root};
use crate::tidy::{assert_none, files};

#[test]
fn sql_files_are_named_by_number_and_noun() {
    let mut wrong = Vec::new();
    for file in files(&["sql"], "") {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let (number, rest) = name.split_once('_').unwrap_or_default();
        let numbered = number.len() == 3 && number.ends_with('0') && number.parse::<u16>().is_ok();
        let noun = rest.strip_suffix(".sql").unwrap_or_default();
        if !numbered || noun.is_empty() || !noun.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            wrong.push(file.path);
        }
    }
    assert_none(wrong, "name the file `NNN_noun.sql`, in steps of ten");
}

#[test]
fn sql_files_start_with_their_purpose_and_role() {
    let mut wrong = Vec::new();
    for file in files(&["sql"], ".sql") {
        let lines: Vec<&str> = file.text.lines().take(2).collect();
        let [first, second] = lines[..] else {
            wrong.push(file.path);
            continue;
        };
        let role = second.strip_prefix("-- role: <% ").and_then(|rest| rest.strip_suffix(" %>"));
        if !first.starts_with("-- ") || !first.ends_with('.') || role.is_none() {
            wrong.push(file.path);
        }
    }
    assert_none(wrong, "start with `-- A sentence.` and `-- role: <% … %>`");
}

#[test]
fn no_sql_file_uses_or_replace() {
    let replaces = |text: &str| text.to_uppercase().contains("OR REPLACE");
    let wrong = files(&["sql"], ".sql").into_iter().filter(|file| replaces(&file.text));
    assert_none(
        wrong.map(|file| file.path).collect(),
        "use `CREATE … IF NOT EXISTS` or `CREATE OR ALTER`",
    );
}

/// Shared by the whole account: it has no owner comment, and no file drops it.
const SHARED: &str = "SNOWSERVICES_INGRESS_OAUTH";

fn created_and_dropped(desired: &Desired) -> [BTreeSet<(ObjectKind, String)>; 2] {
    let statements = |set: &str| desired.sets[set].iter().flat_map(|file| &file.statements);
    let created = statements("bootstrap").chain(statements("services"));
    let created = created.filter_map(|statement| match &statement.effect {
        Effect::Create { kind, name, .. } if name != SHARED => Some((*kind, name.clone())),
        _ => None,
    });
    let dropped = statements("teardown").filter_map(|statement| match &statement.effect {
        Effect::Drop { kind, name } => Some((*kind, name.clone())),
        _ => None,
    });
    [created.collect(), dropped.collect()]
}

#[test]
fn every_created_object_is_dropped_except_shared_ones() {
    let [created, dropped] = created_and_dropped(&desired());
    assert_eq!(created, dropped);
    // Without hosts, teardown still drops the egress objects of an earlier configuration.
    let [created, dropped] = created_and_dropped(&desired_alternative());
    let not_dropped: Vec<_> = created.difference(&dropped).collect();
    assert!(not_dropped.is_empty(), "drop these in a file of sql/teardown: {not_dropped:?}");
}

#[test]
fn every_created_object_has_the_owner_comment() {
    for desired in [desired(), desired_alternative()] {
        let comment = format!("COMMENT = '{}'", desired.owner_comment);
        let statements = desired.sets.values().flatten().flat_map(|file| &file.statements);
        let without = statements.filter(|statement| match &statement.effect {
            Effect::Create { name, .. } => name != SHARED && !statement.text.contains(&comment),
            _ => false,
        });
        let without = without.map(|statement| statement.text.clone());
        assert_none(without.collect(), "add `COMMENT = '<% owner_comment %>'`");
    }
}

#[test]
fn no_committed_file_contains_a_secret() {
    let root = root();
    let mut kept = files(&["sql", "specs", "tests/golden/snapshots"], "");
    let text = std::fs::read_to_string(root.join("spcs.toml")).expect("spcs.toml exists");
    kept.push(crate::tidy::TextFile { path: "spcs.toml".to_owned(), text });
    let value_of_a_secret = |line: &&str| {
        let line = line.to_uppercase();
        let sets = line.split_once("PASSWORD").map(|(_, rest)| rest.trim_start());
        let sets = sets.and_then(|rest| rest.strip_prefix(['=', ':']));
        let value = sets.map(|rest| rest.trim().trim_matches(['\'', '"', ',', ';']).to_owned());
        value.is_some_and(|value| {
            !["<% USER_PASSWORD %>", "<SECRET:USER_PASSWORD>", "FALSE"].contains(&value.as_str())
        })
    };
    let wrong = kept.iter().flat_map(|file| {
        let lines = file.text.lines().filter(value_of_a_secret);
        lines.map(|line| format!("{}: {line}", file.path))
    });
    assert_none(wrong.collect(), "remove the secret: files may contain only its marker");
}

#[test]
fn paths_and_links_in_documents_exist() {
    let tops = ["xtask/", "sql/", "specs/", "images/", "tests/", "docs/"];
    let mut wrong = Vec::new();
    let in_root = std::fs::read_dir(root()).expect("the repository can be read");
    let in_root = in_root.map(|entry| entry.expect("every entry can be read").path());
    let in_root = in_root.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let in_docs = files(&["docs"], ".md").into_iter().map(|file| root().join(file.path));
    for document in in_root.chain(in_docs) {
        let name = document.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&document).expect("the document is UTF-8 text");
        let folder = document.parent().expect("the document is in a folder").to_owned();
        // `path` in code, and [text](path) in links.
        let code = text.split('`').skip(1).step_by(2).map(|path| root().join(path));
        let code = code.zip(text.split('`').skip(1).step_by(2));
        let code = code.filter(|(_, path)| tops.iter().any(|top| path.starts_with(top)));
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        let links = links.map(|link| (folder.join(link.split('#').next().unwrap_or(link)), link));
        for (file, path) in code.chain(links) {
            let is_a_pattern = path.contains([' ', '<', '*', '{', '…']) || path.contains("NNN");
            if !is_a_pattern && !file.exists() {
                wrong.push(format!("{name}: {path}"));
            }
        }
    }
    assert_none(wrong, "these paths do not exist: fix the document");
}
