//! The parsed effects of statements.

use spcs_plan::{Effect, Grant, ObjectKind};

use crate::sources::TestProject;

fn effect(statement: &str) -> Effect {
    let desired = TestProject::new().statement(statement).desired().unwrap();
    desired.sets["bootstrap"][0].statements[1].effect.clone()
}

fn grant(privilege: &str, on: &str, name: &str, to: &str, grantee: &str) -> Grant {
    Grant {
        privilege: privilege.to_owned(),
        on: on.to_owned(),
        name: name.to_owned(),
        to: to.to_owned(),
        grantee: grantee.to_owned(),
    }
}

#[test]
fn a_grant_of_several_privileges_is_several_grants() {
    let grants = vec![
        grant("USAGE", "WAREHOUSE", "WH", "ROLE", "R"),
        grant("OPERATE", "WAREHOUSE", "WH", "ROLE", "R"),
    ];
    assert_eq!(effect("GRANT USAGE, OPERATE ON WAREHOUSE wh TO ROLE r;"), Effect::Grant { grants });
}

#[test]
fn a_parsed_grant_equals_the_row_of_show_grants() {
    for (statement, shown) in [
        (
            "grant bind service endpoint on account to role r;",
            Grant::observed("BIND SERVICE ENDPOINT", "ACCOUNT", "SPCS_LOCAL", "ROLE", "R"),
        ),
        ("grant role a to role r;", Grant::observed("USAGE", "ROLE", "A", "ROLE", "R")),
        ("grant role a to user u;", Grant::observed("USAGE", "ROLE", "A", "USER", "U")),
        (
            "grant usage on integration i to role r;",
            Grant::observed("USAGE", "INTEGRATION", "I", "ROLE", "R"),
        ),
        (
            "grant read on image repository d.s.i to role r;",
            Grant::observed("READ", "IMAGE_REPOSITORY", "D.S.I", "ROLE", "\"R\""),
        ),
        (
            "grant service role d.s.web!all_endpoints_usage to role r;",
            Grant::observed("USAGE", "SERVICE_ROLE", "D.S.WEB!ALL_ENDPOINTS_USAGE", "ROLE", "R"),
        ),
    ] {
        assert_eq!(effect(statement), Effect::Grant { grants: vec![shown] }, "{statement}");
    }
}

#[test]
fn an_unsupported_grant_always_runs() {
    assert_eq!(effect("GRANT SELECT ON ALL TABLES IN SCHEMA d.s TO ROLE r;"), Effect::Other);
    assert_eq!(effect("GRANT USAGE ON DATABASE d TO ROLE r WITH GRANT OPTION;"), Effect::Other);
}

#[test]
fn settings_are_found_anywhere_in_a_statement() {
    let statement =
        "ALTER SERVICE d.s.web SET EXTERNAL_ACCESS_INTEGRATIONS = (a, b) MIN_INSTANCES=2;";
    let settings = [("external_access_integrations", "a,b"), ("min_instances", "2")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let name = "D.S.WEB".to_owned();
    assert_eq!(effect(statement), Effect::Alter { kind: ObjectKind::Service, name, settings });
}

#[test]
fn semicolons_in_quotes_and_comments_do_not_end_a_statement() {
    let text = "-- a; b\nSELECT ';', $$ ; $$ /* ; */ ;\nSELECT 2;\n";
    let desired = TestProject::new().statement(text).desired().unwrap();
    let statements: Vec<(usize, &str)> = desired.sets["bootstrap"][0].statements[1..]
        .iter()
        .map(|statement| (statement.line, statement.text.as_str()))
        .collect();
    assert_eq!(statements, [(5, "SELECT ';', $$ ; $$ /* ; */"), (6, "SELECT 2")]);
}

#[test]
fn columns_count_characters_and_not_bytes() {
    let desired = TestProject::new().statement("SELECT 'äöü€😀'; SELECT 'ß';").desired().unwrap();
    let texts: Vec<&str> =
        desired.sets["bootstrap"][0].statements[1..].iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts, ["SELECT 'äöü€😀'", "SELECT 'ß'"]);
}
