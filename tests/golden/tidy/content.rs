//! Rules for `sql/`, `specs/` and what is generated from them.

use std::collections::BTreeSet;

use spcs_plan::{Desired, Effect, ObjectKind};

use crate::sources::{desired, desired_otherwise, root};
use crate::tidy::{files, none};

#[test]
fn sql_files_are_numbered_and_named_by_what_they_are_about() {
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
    none(wrong, "name the file `NNN_noun.sql`, in steps of ten");
}

#[test]
fn sql_files_say_what_they_are_for_and_whose_role_runs_them() {
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
    none(wrong, "start with `-- A sentence.` and `-- role: <% … %>`");
}

#[test]
fn nothing_is_replaced() {
    let replaces = |text: &str| text.to_uppercase().contains("OR REPLACE");
    let wrong = files(&["sql"], ".sql").into_iter().filter(|file| replaces(&file.text));
    none(
        wrong.map(|file| file.path).collect(),
        "use `CREATE … IF NOT EXISTS` or `CREATE OR ALTER`",
    );
}

/// Belongs to the whole account, so it is nobody's to mark and nobody's to drop.
const SHARED: &str = "SNOWSERVICES_INGRESS_OAUTH";

fn made_and_dropped(desired: &Desired) -> [BTreeSet<(ObjectKind, String)>; 2] {
    let statements = |set: &str| desired.sets[set].iter().flat_map(|file| &file.statements);
    let made = statements("bootstrap").chain(statements("services"));
    let made = made.filter_map(|statement| match &statement.effect {
        Effect::Create { kind, name, .. } if name != SHARED => Some((*kind, name.clone())),
        _ => None,
    });
    let dropped = statements("teardown").filter_map(|statement| match &statement.effect {
        Effect::Drop { kind, name } => Some((*kind, name.clone())),
        _ => None,
    });
    [made.collect(), dropped.collect()]
}

#[test]
fn every_object_that_is_made_is_taken_away_but_what_the_account_shares() {
    let [made, dropped] = made_and_dropped(&desired());
    assert_eq!(made, dropped);
    // Here the way out may be left of a time when there was one.
    let [made, dropped] = made_and_dropped(&desired_otherwise());
    let stays: Vec<_> = made.difference(&dropped).collect();
    assert!(stays.is_empty(), "drop these in a file of sql/teardown: {stays:?}");
}

#[test]
fn every_object_that_is_made_says_whose_it_is() {
    for desired in [desired(), desired_otherwise()] {
        let comment = format!("COMMENT = '{}'", desired.owner_comment);
        let statements = desired.sets.values().flatten().flat_map(|file| &file.statements);
        let without = statements.filter(|statement| match &statement.effect {
            Effect::Create { name, .. } => name != SHARED && !statement.text.contains(&comment),
            _ => false,
        });
        let without = without.map(|statement| statement.text.clone());
        none(without.collect(), "add `COMMENT = '<% owner_comment %>'`");
    }
}

#[test]
fn no_secret_stands_in_any_file_that_is_kept() {
    let root = root();
    let mut kept = files(&["sql", "specs", "tests/golden/snapshots"], "");
    let text = std::fs::read_to_string(root.join("spcs.toml")).expect("spcs.toml is there");
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
    none(wrong.collect(), "take the secret out: only its marker is ever written");
}

#[test]
fn what_the_documents_point_at_is_there() {
    let tops = ["xtask/", "sql/", "specs/", "images/", "tests/", "docs/"];
    let mut wrong = Vec::new();
    let in_root = std::fs::read_dir(root()).expect("the repository can be read");
    let in_root = in_root.map(|entry| entry.expect("and each entry of it").path());
    let in_root = in_root.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let in_docs = files(&["docs"], ".md").into_iter().map(|file| root().join(file.path));
    for document in in_root.chain(in_docs) {
        let name = document.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&document).expect("it is text");
        let folder = document.parent().expect("it is in a folder").to_owned();
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
    none(wrong, "these are not there: mend the document");
}
