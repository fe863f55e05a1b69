//! No value can change the structure of a statement or a spec.

use spcs_plan::secret;

use crate::sources::{TEST_SPEC, TestProject};

fn statement_with(value: &str, statement: &str) -> Result<String, String> {
    let config = format!("[variables]\ngreeting = {value}\n");
    let desired = TestProject::new().more_config(&config).statement(statement).desired();
    desired
        .map(|desired| desired.sets["bootstrap"][0].statements[1].text.clone())
        .map_err(|error| error.to_string())
}

#[test]
fn quotes_and_backslashes_in_a_text_are_escaped() {
    let rendered =
        statement_with(r#""it's \\ '; DROP DATABASE D; --""#, "SELECT '<% greeting %>';");
    assert_eq!(rendered.unwrap(), r"SELECT 'it''s \\ ''; DROP DATABASE D; --'");
}

#[test]
fn a_text_outside_quotes_is_refused_regardless_of_its_value() {
    for place in
        ["SELECT <% greeting %>;", "SELECT \"<% greeting %>\";", "SELECT $$<% greeting %>$$;"]
    {
        let error = statement_with("\"hello\"", place).unwrap_err();
        assert_eq!(
            error,
            "sql/bootstrap/010_one.sql:4: `<% greeting %>` must be inside single quotes"
        );
    }
}

#[test]
fn a_number_is_allowed_anywhere_and_is_never_negative() {
    assert_eq!(statement_with("7", "SELECT -<% greeting %>;").unwrap(), "SELECT -7");
    assert_eq!(
        statement_with("-7", "SELECT -<% greeting %>;").unwrap_err(),
        "spcs.toml:28: the variable `greeting` is negative: only whole numbers from 0 are allowed"
    );
}

#[test]
fn a_secret_outside_quotes_is_refused() {
    let error =
        TestProject::new().statement("ALTER USER U SET PASSWORD = <% user_password %>;").error();
    assert_eq!(
        error,
        "sql/bootstrap/010_one.sql:4: `<% user_password %>` must be inside single quotes"
    );
}

#[test]
fn hosts_are_rendered_with_quotes() {
    let egress = "[egress]\nhosts = [\"a.example:443\", \"b.example:8080\"]\n";
    let statement = "CREATE NETWORK RULE IF NOT EXISTS D.S.R VALUE_LIST = (<% egress_hosts %>);";
    let desired = TestProject::new().more_config(egress).statement(statement).desired().unwrap();
    let text = &desired.sets["bootstrap"][0].statements[1].text;
    assert!(text.ends_with("VALUE_LIST = ('a.example:443', 'b.example:8080')"), "{text}");
    let quoted = "SELECT '<% egress_hosts %>';";
    assert_eq!(
        TestProject::new().more_config(egress).statement(quoted).error(),
        "sql/bootstrap/010_one.sql:4: `<% egress_hosts %>` must be outside quotes, because its values are quoted already"
    );
}

#[test]
fn a_text_that_would_change_the_structure_of_a_spec_is_refused() {
    let greeting = "[variables]\ngreeting = \"a\\\": b # c\"\n";
    let spec = |value: &str| format!("{TEST_SPEC}        GREETING: {value}\n");
    let small = || TestProject::new().more_config(greeting);
    let rendered = small().spec(&spec("'<% greeting %>'")).desired().unwrap();
    assert!(
        rendered.services["web"].spec.as_ref().unwrap().text.contains("GREETING: 'a\": b # c'")
    );
    for place in ["<% greeting %>", "\"<% greeting %>\""] {
        assert!(small().spec(&spec(place)).desired().is_err(), "{place}");
    }
}

#[test]
fn double_braces_in_a_spec_pass_through() {
    let spec = format!("{TEST_SPEC}        LATER: '{{{{ later | default(\"x\") }}}}'\n");
    let desired = TestProject::new().spec(&spec).desired().unwrap();
    let text = &desired.services["web"].spec.as_ref().unwrap().text;
    assert!(text.contains("LATER: '{{ later | default(\"x\") }}'"), "{text}");
}

#[test]
fn a_secret_is_filled_in_escaped() {
    let text = format!("PASSWORD = '{}' X", secret::marker(secret::USER_PASSWORD));
    let value = |name: &str| (name == secret::USER_PASSWORD).then_some(r"a'\b");
    assert_eq!(secret::fill(&text, value).unwrap(), r"PASSWORD = 'a''\\b' X");
    assert_eq!(
        secret::fill(&text, |_| None).unwrap_err().to_string(),
        "no value is known for the secret `user_password`"
    );
}
