//! The rules of `lint`: each with a passing and a failing fixture, legal specs, the guide's files, ours.
//!
//! In a fixture, `# FINDING` at the end of a line says that the rule of its folder finds something
//! there; it is removed before the file is judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use spcs_plan::SourceFile;
use spcs_plan::lint::{self, Finding, RULES, Rule};

use crate::sources::{project, root};

/// Found by the local platform's own parser, which only `xtask` may call: tested with the command.
const OF_THE_COMMAND: &str = "local-support";

/// The mark after the comment sign.
const MARK: &str = "FINDING";

fn folder(name: &str) -> PathBuf {
    root().join("tests/golden/lint").join(name)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The lines with a mark, and the file without the marks.
fn marked(path: &Path) -> (Vec<usize>, SourceFile) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().zip(1..).filter(|(line, _)| line.contains(MARK));
    let lines = lines.map(|(_, number)| number).collect();
    let text =
        ["# ", "-- "].iter().fold(text, |text, sign| text.replace(&format!("{sign}{MARK}"), ""));
    let path = path.file_name().unwrap().to_string_lossy().into_owned();
    (lines, SourceFile { path, text })
}

fn judge(path: &Path) -> (Vec<usize>, Vec<Finding>) {
    let (lines, file) = marked(path);
    let findings = match path.extension().and_then(|ending| ending.to_str()) {
        Some("sql") => lint::sql(&[file], &BTreeSet::new()),
        Some("ipynb") => lint::notebook(&file),
        _ => lint::spec(&file, None),
    };
    (lines, findings)
}

fn fixtures(rule: &Rule, kind: &str) -> PathBuf {
    let folder = folder("rules").join(rule.name);
    let paths = ["yaml", "sql", "ipynb"].map(|ending| folder.join(format!("{kind}.{ending}")));
    paths.into_iter().find(|path| path.exists()).expect(rule.name)
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(|rule| rule.name != OF_THE_COMMAND)
}

#[test]
fn each_rule_finds_its_marked_lines_and_no_other_rule_finds_anything() {
    for rule in rules() {
        let (lines, findings) = judge(&fixtures(rule, "fails"));
        let found: Vec<(usize, &str)> = findings.iter().map(|f| (f.line, f.rule.name)).collect();
        let expected: Vec<(usize, &str)> = lines.iter().map(|line| (*line, rule.name)).collect();
        assert!(!lines.is_empty(), "{}: no line is marked", rule.name);
        assert_eq!(found, expected, "{}: {findings:#?}", rule.name);
    }
}

#[test]
fn the_passing_fixture_of_each_rule_has_no_finding() {
    for rule in rules() {
        let (_, findings) = judge(&fixtures(rule, "passes"));
        assert_eq!(findings, [], "{}", rule.name);
    }
}

#[test]
fn every_fixture_belongs_to_a_rule_and_names_are_unique() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    for path in entries(&folder("rules")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(name.as_str()), "there is no rule {name}");
    }
}

#[test]
fn twelve_legal_specs_that_use_every_documented_field_have_no_finding() {
    let specs = entries(&folder("legal"));
    assert_eq!(specs.len(), 12);
    for path in &specs {
        assert_eq!(judge(path).1, [], "{}", path.display());
    }
    let all: String = specs.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let missing: Vec<&str> = lint::documented_fields()
        .into_iter()
        .filter(|field| !all.contains(&format!("{field}:")))
        .collect();
    assert_eq!(missing, ["volume"], "the singular of `volumes` stands for the other two");
}

#[test]
fn the_offline_defects_of_the_guides_specs_are_found() {
    let names = |file: &str| {
        let (_, findings) = judge(&folder("guide").join(file));
        findings.iter().map(|finding| (finding.line, finding.rule.name)).collect::<Vec<_>>()
    };
    assert_eq!(
        names("milvus.yaml"),
        [
            (4, "no-readiness-probe"),
            (4, "no-resources"),
            (5, "floating-tag"),
            (11, "data-on-node"),
            (11, "public-store"),
            (13, "public-store"),
        ]
    );
    assert_eq!(
        names("jupyter.yaml"),
        [
            (4, "no-readiness-probe"),
            (4, "no-resources"),
            (5, "floating-tag"),
            (8, "secret-in-env"),
            (9, "deprecated-dns-name"),
            (15, "deprecated-stage-volume"),
        ]
    );
}

#[test]
fn the_offline_defects_of_the_guides_sql_are_found() {
    // A test with Snowflake's own clients runs the same file. `lint` knows no PUT, which has no
    // defect there.
    let guide = std::fs::read_to_string(root().join("tests/it/third_parties/guide.sql")).unwrap();
    let lines = guide.lines().map(|line| if line.starts_with("PUT ") { "" } else { line });
    let text = lines.collect::<Vec<_>>().join("\n").replace("${PASSWORD}", "milvususerok");
    let file = SourceFile { path: "guide.sql".to_owned(), text };
    let findings = lint::sql(&[file], &BTreeSet::new());
    insta::assert_snapshot!(
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn each_limit_on_the_number_of_items_is_checked() {
    let items = |count: usize, item: fn(usize) -> String| (0..count).map(item).collect::<String>();
    let spec = |secrets, mounts, endpoints, volumes| SourceFile {
        path: "a.yaml".to_owned(),
        text: [
            "spec:\n  containers:\n    - name: a\n      image: /d/s/r/a:1\n",
            "      readinessProbe: {port: 1, path: /}\n      resources: {limits: {memory: 1Gi}}\n",
            "      secrets:\n",
            &items(secrets, |at| format!("        - {{snowflakeSecret: s, envVarName: V{at}}}\n")),
            "      volumeMounts:\n",
            &items(mounts, |at| format!("        - {{name: v{at}, mountPath: /{at}}}\n")),
            "  endpoints:\n",
            &items(endpoints, |at| format!("    - {{name: e{at}, port: {}}}\n", at + 1)),
            "  volumes:\n",
            &items(volumes, |at| {
                format!("    - {{name: v{at}, source: stage, stageConfig: {{name: s}}}}\n")
            }),
        ]
        .concat(),
    };
    assert_eq!(lint::spec(&spec(50, 8, 100, 20), None), []);
    let too_many = [(51, 8, 100, 20), (50, 9, 100, 20), (50, 8, 101, 20), (50, 8, 100, 21)];
    for (secrets, mounts, endpoints, volumes) in too_many {
        let findings = lint::spec(&spec(secrets, mounts, endpoints, volumes), None);
        let names: Vec<&str> = findings.iter().map(|finding| finding.rule.name).collect();
        assert_eq!(names, ["too-many"], "{findings:?}");
    }
}

/// The findings in one SQL file, as line and rule.
fn in_sql(text: &str) -> Vec<(usize, &'static str)> {
    let file = SourceFile { path: "a.sql".to_owned(), text: text.to_owned() };
    let findings = lint::sql(&[file], &BTreeSet::new());
    findings.iter().map(|finding| (finding.line, finding.rule.name)).collect()
}

#[test]
fn a_comment_in_sql_allows_a_finding_of_its_line_or_of_the_next_statement() {
    assert_eq!(in_sql("-- a\nDROP ROLE IF EXISTS r;\nCREATE ROLE r;"), [(3, "not-rerunnable")]);
    let alone = "DROP ROLE r;\n-- lint:allow not-rerunnable: once\n-- more\nCREATE ROLE r;";
    assert_eq!(in_sql(alone), []);
    assert_eq!(in_sql("DROP ROLE r;\nCREATE ROLE r; -- lint:allow not-rerunnable: once"), []);
    let other = "DROP ROLE r;\nCREATE ROLE r; -- lint:allow or-replace: once";
    assert_eq!(in_sql(other), [(2, "allow-unused"), (2, "not-rerunnable")]);
}

#[test]
fn sql_that_does_not_end_is_reported_at_its_line() {
    assert_eq!(in_sql("USE ROLE r;\nCREATE ROLE 'r;\n"), [(2, "syntax")]);
}

#[test]
fn an_object_may_be_dropped_in_another_file_and_a_private_service_needs_no_role() {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let create = "CREATE SERVICE IF NOT EXISTS d.s.a IN COMPUTE POOL p FROM SPECIFICATION $$x$$;";
    let files = [file("a.sql", create), file("b.sql", "DROP SERVICE a;")];
    assert_eq!(lint::sql(&files, &BTreeSet::from(["A".to_owned()])), []);
    let names: Vec<&str> =
        lint::sql(&files[..1], &BTreeSet::new()).iter().map(|f| f.rule.name).collect();
    assert_eq!(names, ["never-dropped", "service-without-role"]);
}

#[test]
fn our_own_sql_has_no_finding() {
    for target in ["local", "snowflake"] {
        let (files, private) = lint::sql_files(&project(), target).unwrap();
        assert!(files.len() > 20);
        assert_eq!(lint::sql(&files, &private), []);
    }
}

#[test]
fn our_own_specs_have_no_finding() {
    let specs = lint::specs(&project(), "snowflake").unwrap();
    assert_eq!(specs.len(), 2);
    for spec in specs {
        assert_eq!(lint::spec(&spec, None), []);
    }
}

#[test]
fn an_unknown_field_is_reported_with_the_field_that_was_meant() {
    let (_, findings) =
        judge(&fixtures(rules().find(|r| r.name == "unknown-field").unwrap(), "fails"));
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "unknown field `comand` in spec.containers[0]: did you mean `command`?",
            "unknown field `endpoint_list` in spec: did you mean `endpoints`?",
            "unknown field `services` in the specification: it has spec, capabilities, serviceRoles",
        ]
    );
}

/// `docs/lint.md` lists every rule with its level, what it asks for and its source.
#[test]
fn the_documentation_lists_every_rule() {
    let path = root().join("docs/lint.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = RULES
        .iter()
        .map(|rule| {
            let source = match rule.source.strip_prefix("docs/") {
                Some(_) => "this page".to_owned(),
                None => {
                    let page = rule.source.rsplit('/').next().unwrap();
                    format!("[{page}]({})", rule.source)
                }
            };
            format!("| `{}` | {} | {} | {source} |", rule.name, rule.level, rule.says)
        })
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(rows, expected, "\n{}\n", expected.join("\n"));
}
