//! Mistakes in the files of `sql/`, and files that cannot be run.

use crate::sources::Small;

#[test]
fn a_quote_that_does_not_end_is_shown_where_it_begins() {
    insta::assert_snapshot!(Small::new().statement("SELECT 1;\nSELECT 'a;\n\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: the quoted text that begins here does not end

    hint: close it; inside of single quotes a quote is doubled
    ");
}

#[test]
fn a_dollar_quote_that_does_not_end_is_shown_where_it_begins() {
    insta::assert_snapshot!(Small::new().statement("SELECT 1;\nSELECT $$a;\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: the `$$` text that begins here does not end

    hint: close it with `$$`
    ");
}

#[test]
fn a_comment_that_does_not_end_is_shown_where_it_begins() {
    insta::assert_snapshot!(Small::new().statement("SELECT 1;\n/* it's\nSELECT 2;").error(), @r"
    sql/bootstrap/010_one.sql:5: the comment that begins here does not end

    hint: close it with `*/`
    ");
}

#[test]
fn an_identifiers_quote_that_does_not_end_is_shown_where_it_begins() {
    insta::assert_snapshot!(Small::new().statement("SELECT 1;\nSELECT \"a;\n").error(), @r#"
    sql/bootstrap/010_one.sql:5: the quoted identifier that begins here does not end

    hint: close it with `"`
    "#);
}

#[test]
fn put_does_not_run_from_a_file() {
    insta::assert_snapshot!(Small::new().statement("SELECT 1;\nPUT file://a @b;").error(), @r"
    sql/bootstrap/010_one.sql:5: `PUT` moves files, which a statement sent to the server cannot

    hint: specs are uploaded by `cargo xtask put`; take this statement out
    ");
}

#[test]
fn create_or_replace_is_refused() {
    insta::assert_snapshot!(Small::new().statement("CREATE OR REPLACE STAGE D.S.X;").error(), @"sql/bootstrap/010_one.sql:4: `CREATE OR REPLACE` throws away what is there: use `CREATE … IF NOT EXISTS` or `CREATE OR ALTER`");
}

#[test]
fn a_create_that_cannot_run_twice_is_refused() {
    insta::assert_snapshot!(Small::new().statement("CREATE ROLE R;").error(), @"sql/bootstrap/010_one.sql:4: write `CREATE ROLE IF NOT EXISTS`, so that the file can run again");
}

#[test]
fn a_name_without_its_schema_is_refused() {
    insta::assert_snapshot!(Small::new().statement("CREATE STAGE IF NOT EXISTS X;").error(), @"sql/bootstrap/010_one.sql:4: `X` is not the full name of a stage: write `DATABASE.SCHEMA.NAME`, so that the statement stands for itself");
}

#[test]
fn a_file_whose_role_is_not_that_of_its_header_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\nUSE ROLE <% user_role %>;\n";
    insta::assert_snapshot!(Small::new().sql("bootstrap/010_x.sql", text).error(), @"sql/bootstrap/010_x.sql:3: the first statement must be `USE ROLE SYSADMIN`, as the header's role says");
}

#[test]
fn a_file_without_a_header_is_refused() {
    insta::assert_snapshot!(Small::new().sql("bootstrap/010_x.sql", "SELECT 1;\n").error(), @"sql/bootstrap/010_x.sql:1: the first line must be a comment that says what the file is for");
}

#[test]
fn an_unknown_condition_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\n-- when: raining\nUSE ROLE <% system_role %>;\n";
    insta::assert_snapshot!(Small::new().sql("bootstrap/010_x.sql", text).error(), @r"
    sql/bootstrap/010_x.sql:3: unknown condition `raining`

    hint: use one of: ingress_integration, egress, not egress, own_schema
    ");
}

#[test]
fn an_unknown_kind_of_entry_is_refused() {
    let text = "-- Something.\n-- role: <% system_role %>\n-- for each: stage\nUSE ROLE <% system_role %>;\n";
    insta::assert_snapshot!(Small::new().sql("bootstrap/010_x.sql", text).error(), @r"
    sql/bootstrap/010_x.sql:3: there is nothing to do for each `stage`

    hint: use one of: service, pool
    ");
}

#[test]
fn a_value_of_each_pool_has_none_in_a_file_that_is_for_none() {
    insta::assert_snapshot!(Small::new().statement("SELECT '<% pool_family %>';").error(), @r"
    sql/bootstrap/010_one.sql:4: unknown variable `pool_family`

    hint: it has a value in a file of sql/ with `-- for each: pool`
    ");
}

#[test]
fn a_condition_of_a_service_holds_only_where_there_is_one() {
    insta::assert_snapshot!(Small::new().statement("-- when: service_public\nSELECT 1;").error(), @r"
    sql/bootstrap/010_one.sql:4: unknown condition `service_public`

    hint: use one of: ingress_integration, egress, not egress, own_schema
    ");
}

#[test]
fn a_condition_that_concerns_no_statement_is_refused() {
    for wrong in [
        "SELECT 1;\n-- when: egress\n",
        "-- when: egress\n-- when: own_schema\nSELECT 1;",
        "SELECT\n  -- when: egress\n  1;",
        "SELECT 1\n; -- when: egress",
    ] {
        let error = Small::new().statement(wrong).error();
        assert!(error.contains("this condition concerns no statement"), "{wrong}: {error}");
    }
    insta::assert_snapshot!(Small::new().statement("SELECT -- when: egress\n  1;").error(), @r"
    sql/bootstrap/010_one.sql:4: without its first line a statement is none

    hint: write the condition on a line of its own, before the statement
    ");
}

#[test]
fn a_condition_keeps_a_statement_or_a_line_of_it() {
    let texts = |egress: &str| {
        let small = Small::new().more_config(egress);
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
fn a_set_that_needs_an_image_says_which() {
    let project = crate::sources::project();
    let desired = spcs_plan::desired(&project, "local", &[].into()).unwrap();
    let nothing = spcs_plan::Observed::default();
    let error = spcs_plan::run_sql(&desired, &nothing, spcs_plan::UserPassword::Kept, "services")
        .unwrap_err();
    insta::assert_snapshot!(format!("{error}\n\nhint: {}", error.hint().unwrap()), @r"
    sql/services/010_service.sql: the spec of `MILVUS_DEMO.PUBLIC.JUPYTER` is not known: build `jupyter`

    hint: build the images first: cargo xtask build
    ");
}

#[test]
fn a_file_that_cannot_be_run_says_why() {
    let desired = spcs_plan::desired(&crate::sources::project(), "local", &[].into()).unwrap();
    let said = |selection: &str| {
        let error = spcs_plan::chosen_files(&desired, selection).unwrap_err();
        format!("{error}\n\nhint: {}", error.hint().unwrap())
    };
    insta::assert_snapshot!(said("bootstrp"), @r"
    sql: there is no set `bootstrp`

    hint: choose one of bootstrap, password, services, teardown, or a file of it
    ");
    insta::assert_snapshot!(said("bootstrap/090_schema.sql"), @r"
    sql: `sql/bootstrap/090_schema.sql` does not belong to this deployment

    hint: its condition `when: own_schema` does not hold: see spcs.toml
    ");
    insta::assert_snapshot!(said("password/020_more.sql"), @r"
    sql: there is no file `sql/password/020_more.sql`

    hint: choose one of sql/password/010_user_password.sql
    ");
}

#[test]
fn a_file_that_needs_no_image_runs_before_one_is_built() {
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
