//! Snapshots of every rendered file of the project.

use std::collections::BTreeSet;

use spcs_plan::{
    ImageState, Observed, Project, SqlFile, Statement, image_tag, render_spec, service_statements,
};

use crate::sources::{MILVUS, built, desired, desired_alternative, digests, project, root};
use crate::tidy::files;

fn text(files: &[SqlFile]) -> String {
    let mut text = String::new();
    for file in files {
        let entry = file.entry.as_ref().map(|entry| format!(" for {entry}")).unwrap_or_default();
        text += &format!("==== {}{entry} as {}\n     {}\n", file.path, file.role, file.purpose);
        for statement in &file.statements {
            text += &format!("\n{}: {};\n", statement.line, statement.text);
        }
        text.push('\n');
    }
    text
}

/// Covers the demo and everything else that the repository deploys.
#[test]
fn the_project_is_valid_for_every_target() {
    let project = Project::read(&root()).unwrap();
    let images = project.config.images.keys();
    let built = || ImageState::Built { digest: MILVUS.to_owned() };
    let images = images.map(|key| (key.to_string(), built())).collect();
    for target in project.config.target.keys() {
        spcs_plan::desired(&project, target, &images).unwrap();
    }
}

#[test]
fn every_set_renders_to_its_snapshot() {
    for (set, files) in desired().sets {
        insta::assert_snapshot!(format!("sql_{set}"), text(&files));
    }
}

/// Covers the files that the project's own conditions leave out or render differently.
#[test]
fn every_file_renders_to_a_snapshot_with_the_opposite_conditions() {
    let path = |file: &SqlFile| file.path.clone();
    // The lines and lengths of its statements.
    let shape = |file: &SqlFile| {
        let shape = |s: &Statement| (s.line, s.text.lines().count());
        (file.path.clone(), file.entry.clone(), file.statements.iter().map(shape).collect())
    };
    let usual: Vec<SqlFile> = desired().sets.into_values().flatten().collect();
    let shapes: BTreeSet<(_, _, Vec<_>)> = usual.iter().map(shape).collect();
    let mut others: Vec<SqlFile> = desired_alternative().sets.into_values().flatten().collect();
    others.retain(|file| !shapes.contains(&shape(file)));
    insta::assert_snapshot!("sql_alternative", text(&others));

    let seen: BTreeSet<String> = others.iter().chain(&usual).map(path).collect();
    let all = files(&["sql"], ".sql").into_iter().map(|file| file.path);
    assert_eq!(
        seen,
        all.collect(),
        "no snapshot contains some file: change `desired_alternative` to include it"
    );
}

#[test]
fn every_spec_renders_to_its_snapshot() {
    for service in ["milvus", "jupyter"] {
        let spec = render_spec(&project(), "local", service, &digests()).unwrap();
        let text = format!("==== {}\n{}", spec.file_name, spec.text);
        insta::assert_snapshot!(format!("spec_{service}"), text);
    }
}

#[test]
fn both_targets_get_the_same_sql_and_specs() {
    let local = desired();
    let snowflake = spcs_plan::desired(&project(), "snowflake", &built()).unwrap();
    assert_eq!(local.sets, snowflake.sets);
    assert_eq!(local.services, snowflake.services);
}

#[test]
fn the_tag_of_an_image_is_the_start_of_its_digest() {
    assert_eq!(image_tag(crate::sources::MILVUS), "aaaaaaaaaaaa");
    let spec = render_spec(&project(), "local", "milvus", &digests()).unwrap();
    assert!(spec.text.contains("image: /milvus_demo/public/milvus_repo/milvus:aaaaaaaaaaaa\n"));
}

#[test]
fn the_statements_of_a_service_use_its_staged_spec() {
    let spec = render_spec(&project(), "local", "milvus", &digests()).unwrap();
    let file = "sql/services/010_service.sql";
    let nothing = Observed::default();
    let statements =
        service_statements(&project(), "local", "milvus", file, &spec, &nothing).unwrap();
    let uses = statements.iter().filter(|s| s.text.contains(&spec.file_name)).count();
    assert_eq!(uses, 2, "CREATE and ALTER");
}
