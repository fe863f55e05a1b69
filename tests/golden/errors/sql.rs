//! Errors in the files of `sql/`, and files that cannot run.

use crate::sources::TestProject;

#[test]
fn an_unterminated_string_is_reported_where_it_starts() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT 1;\nSELECT 'a;\n\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: unterminated string

    hint: close it; double a quote inside single quotes
    ");
}

#[test]
fn an_unterminated_dollar_string_is_reported_where_it_starts() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT 1;\nSELECT $$a;\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: unterminated `$$` string

    hint: close it with `$$`
    ");
}

#[test]
fn an_unterminated_comment_is_reported_where_it_starts() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT 1;\n/* it's\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: unterminated comment

    hint: close it with `*/`
    ");
}

#[test]
fn an_unterminated_identifier_is_reported_where_it_starts() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT 1;\nSELECT \"a;\n").error(), @r#"
    sql/bootstrap/010_one.sql:5: unterminated quoted identifier

    hint: close it with `"`
    "#);
}

#[test]
fn put_in_a_file_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT 1;\nPUT file://a @b;").error(), @r"
    sql/bootstrap/010_one.sql:5: `PUT` transfers local files and cannot be sent to the server

    hint: remove this statement; `cargo xtask put` uploads specs
    ");
}

#[test]
fn create_or_replace_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("CREATE OR REPLACE STAGE D.S.X;").error(), @"sql/bootstrap/010_one.sql:4: `CREATE OR REPLACE` would drop the existing object: use `CREATE … IF NOT EXISTS` or `CREATE OR ALTER`");
}

#[test]
fn a_create_without_if_not_exists_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("CREATE ROLE R;").error(), @"sql/bootstrap/010_one.sql:4: write `CREATE ROLE IF NOT EXISTS`, so that the file can run again");
}

#[test]
fn a_name_without_its_schema_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("CREATE STAGE IF NOT EXISTS X;").error(), @"sql/bootstrap/010_one.sql:4: `X` is not the full name of a stage: write `DATABASE.SCHEMA.NAME`, so that the statement does not depend on the session");
}

#[test]
fn a_file_that_uses_another_role_than_its_header_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\nUSE ROLE <% user_role %>;\n";
    insta::assert_snapshot!(TestProject::new().sql("bootstrap/010_x.sql", text).error(), @"sql/bootstrap/010_x.sql:3: the first statement must be `USE ROLE SYSADMIN`, the role of the header");
}

#[test]
fn a_file_without_a_header_is_refused() {
    insta::assert_snapshot!(TestProject::new().sql("bootstrap/010_x.sql", "SELECT 1;\n").error(), @"sql/bootstrap/010_x.sql:1: the first line must be a comment that says what the file is for");
}

#[test]
fn an_unknown_condition_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\n-- when: raining\nUSE ROLE <% system_role %>;\n";
    insta::assert_snapshot!(TestProject::new().sql("bootstrap/010_x.sql", text).error(), @r"
    sql/bootstrap/010_x.sql:3: unknown condition `raining`

    hint: use one of: ingress_integration, egress, not egress, own_schema
    ");
}

#[test]
fn an_unknown_kind_of_entry_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\n-- for each: stage\nUSE ROLE <% system_role %>;\n";
    insta::assert_snapshot!(TestProject::new().sql("bootstrap/010_x.sql", text).error(), @r"
    sql/bootstrap/010_x.sql:3: unknown kind of entry `stage`

    hint: use one of: service, pool
    ");
}

#[test]
fn a_pool_variable_in_a_file_for_no_pool_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("SELECT '<% pool_family %>';").error(), @r"
    sql/bootstrap/010_one.sql:4: unknown variable `pool_family`

    hint: it is defined only in files of sql/ with `-- for each: pool`
    ");
}

#[test]
fn a_service_condition_in_a_file_for_no_service_is_refused() {
    insta::assert_snapshot!(TestProject::new().statement("-- when: service_public\nSELECT 1;").error(), @r"
    sql/bootstrap/010_one.sql:4: unknown condition `service_public`

    hint: use one of: ingress_integration, egress, not egress, own_schema
    ");
}

#[test]
fn a_condition_that_applies_to_no_statement_is_refused() {
    for wrong in [
        "SELECT 1;\n-- when: egress\n",
        "-- when: egress\n-- when: own_schema\nSELECT 1;",
        "SELECT\n  -- when: egress\n  1;",
        "SELECT 1\n; -- when: egress",
    ] {
        let error = TestProject::new().statement(wrong).error();
        assert!(
            error.contains("this condition does not apply to any statement"),
            "{wrong}: {error}"
        );
    }
    insta::assert_snapshot!(TestProject::new().statement("SELECT -- when: egress\n  1;").error(), @r"
    sql/bootstrap/010_one.sql:4: the first line of a statement cannot be conditional

    hint: put the condition on its own line before the statement
    ");
}

#[test]
fn a_condition_selects_a_statement_or_a_line_of_it() {
    let texts = |egress: &str| {
        let small = TestProject::new().more_config(egress);
        let desired = small.statement("SELECT 1,\n  '--', -- when: egress\n  2; -- when: not egress\n-- when: egress\nSELECT 3;\nSELECT 4; -- when: not egress").desired().unwrap();
        let statements = desired.sets["bootstrap"][0].statements[1..].iter();
        statements.map(|s| (s.line, s.text.clone())).collect::<Vec<_>>()
    };
    let is = |line: usize, text: &str| (line, text.to_owned());
    assert_eq!(texts(""), [is(4, "SELECT 1,\n  2"), is(9, "SELECT 4")]);
    let hosts = "[egress]\nhosts = [\"a.example:443\"]\n";
    assert_eq!(texts(hosts), [is(4, "SELECT 1,\n  '--',"), is(8, "SELECT 3")]);
}

#[test]
fn a_set_that_needs_an_unbuilt_image_names_the_image() {
    let project = crate::sources::project();
    let desired = spcs_plan::desired(&project, "local", &[].into()).unwrap();
    let nothing = spcs_plan::Observed::default();
    let error = spcs_plan::run_sql(&desired, &nothing, spcs_plan::UserPassword::Kept, "services")
        .unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    sql/services/010_service.sql: the spec of `MILVUS_DEMO.PUBLIC.JUPYTER` needs images that are not built: `jupyter`

    hint: build the images with `cargo xtask build`
    ");
}

#[test]
fn a_file_that_cannot_run_is_reported_with_the_reason() {
    let desired = spcs_plan::desired(&crate::sources::project(), "local", &[].into()).unwrap();
    let error_text = |selection: &str| {
        let error = spcs_plan::chosen_files(&desired, selection).unwrap_err();
        format!("{error}\n\nhint: {}", error.hint().unwrap())
    };
    insta::assert_snapshot!(error_text("bootstrp"), @r"
    sql: there is no set `bootstrp`

    hint: choose one of bootstrap, password, services, teardown, or a file of one
    ");
    insta::assert_snapshot!(error_text("bootstrap/090_schema.sql"), @r"
    sql: `sql/bootstrap/090_schema.sql` is not part of this deployment

    hint: spcs.toml does not satisfy its condition `when: own_schema`
    ");
    insta::assert_snapshot!(error_text("password/020_more.sql"), @r"
    sql: there is no file `sql/password/020_more.sql`

    hint: choose one of sql/password/010_user_password.sql
    ");
}

#[test]
fn a_file_that_needs_no_image_runs_before_the_build() {
    let desired = spcs_plan::desired(&crate::sources::project(), "local", &[].into()).unwrap();
    let run = |file: &str| {
        spcs_plan::run_sql(
            &desired,
            &spcs_plan::Observed::default(),
            spcs_plan::UserPassword::Kept,
            file,
        )
    };
    assert_eq!(run("services/020_service_role.sql").unwrap().steps.len(), 1);
    assert!(run("services/010_service.sql").is_err());
}
