//! Which statements parse, and the errors of those that do not.

use serde_json::{Value as Json, json};

use super::{Change, CreateMode, Specification, Statement, parse, redacted};
use crate::kind::Kind;
use crate::sql::{Expression, SqlError, Value, bind, split};

fn parse_one(text: &str) -> Result<Statement, SqlError> {
    let statements = split(text)?;
    assert_eq!(statements.len(), 1, "{text}");
    parse(&statements[0])
}

#[test]
fn a_syntax_error_has_the_line_and_position_of_the_unexpected_word() {
    let error = parse_one("SELECT\n  FOO BAR BAZ").unwrap_err();
    assert_eq!(error.code, "000904");
    let error = parse_one("CREATE FOO x").unwrap_err();
    assert_eq!(
        error.message,
        "SQL compilation error:\nsyntax error line 1 at position 7 unexpected 'FOO'."
    );
    let error = parse_one("DROP ROLE").unwrap_err();
    assert!(error.message.ends_with("unexpected '<EOF>'."), "{}", error.message);
}

#[test]
fn an_option_that_the_kind_does_not_have_is_an_error() {
    let error = parse_one("CREATE ROLE r\n WAREHOUSE_SIZE = XSMALL").unwrap_err();
    assert!(error.message.contains("line 2 at position 1 unexpected 'WAREHOUSE_SIZE'"));
    assert!(parse_one("CREATE OR REPLACE COMPUTE POOL p MIN_NODES=1").is_err());
    assert!(parse_one("CREATE STAGE s ENCRYPTION = (TYPE = 'NONE')").is_err());
}

#[test]
fn semicolons_in_quotes_comments_and_dollar_quotes_do_not_split_statements() {
    let text = "USE ROLE a; -- x; y\nSELECT ';' ; /* ; */ SELECT $$;$$;";
    assert_eq!(split(text).unwrap().len(), 3);
    assert_eq!(split("put file:///a/* @s auto_compress=false; ls @s").unwrap().len(), 2);
}

#[test]
fn the_properties_of_a_service_follow_its_specification() {
    let text = "CREATE SERVICE s IN COMPUTE POOL p FROM @st SPEC='f.yaml' MIN_INSTANCES=1 \
                MAX_INSTANCES=1 COMMENT='c'";
    let Ok(Statement::CreateService(create)) = parse_one(text) else { panic!("wrong statement") };
    let staged = Specification::Staged { stage: "@st".into(), file: "f.yaml".into() };
    assert_eq!(create.specification, staged);
    assert_eq!(create.properties.len(), 3);
    let text = "CREATE SERVICE s IN COMPUTE POOL p MIN_INSTANCES=1 FROM @st SPEC='f'";
    assert!(parse_one(text).unwrap_err().message.contains("unexpected 'MIN_INSTANCES'"));
}

#[test]
fn names_fold_to_upper_case_unless_quoted() {
    let Ok(Statement::Create(create)) =
        parse_one("create or replace stage a.\"b c\".IDENT encryption = (type = 'snowflake_sse')")
    else {
        panic!("wrong statement")
    };
    assert_eq!(create.mode, CreateMode::OrReplace);
    assert_eq!(create.name.0, ["A", "b c", "IDENT"]);
    assert_eq!(
        create.properties[0].1.option("TYPE"),
        Some(&Value::Word("SNOWFLAKE_SSE".to_owned()))
    );
    let described = parse_one("describe compute pool IDENTIFIER('p')");
    assert!(
        matches!(described, Ok(Statement::Describe { kind: Kind::ComputePool, name }) if name.0 == ["P"])
    );
}

#[test]
fn booleans_can_be_written_as_python_writes_them() {
    let text = "CREATE COMPUTE POOL P2\nMIN_NODES = 1\nMAX_NODES = 1\nINSTANCE_FAMILY = \
                'CPU_X64_XS'\nAUTO_RESUME = True\nINITIALLY_SUSPENDED = False\n\
                AUTO_SUSPEND_SECS = 3600";
    let Ok(Statement::Create(create)) = parse_one(text) else { panic!("wrong statement") };
    assert_eq!(create.properties[3], ("AUTO_RESUME".to_owned(), Value::Boolean(true)));
}

#[test]
fn alter_session_sets_parameters_by_name() {
    let altered = parse_one("alter session set PYTHON_CONNECTOR_QUERY_RESULT_FORMAT = 'json'");
    assert!(matches!(altered, Ok(Statement::AlterSession(Change::Set(set))) if set.len() == 1));
}

#[test]
fn a_trailing_or_double_comma_is_a_syntax_error() {
    for text in [
        "CREATE COMPUTE POOL p MIN_NODES=1, MAX_NODES=1,",
        "CREATE STAGE s ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE',)",
        "CREATE NETWORK RULE r TYPE=HOST_PORT VALUE_LIST=('a',)",
        "CREATE EXTERNAL ACCESS INTEGRATION i ALLOWED_NETWORK_RULES=(r,) ENABLED=TRUE",
        "CREATE SERVICE s IN COMPUTE POOL p FROM @st SPEC='f' MIN_INSTANCES=1,",
        "ALTER COMPUTE POOL p SET MIN_NODES=1,",
        "ALTER COMPUTE POOL p SET MIN_NODES=1,, MAX_NODES=1",
        "ALTER COMPUTE POOL p UNSET COMMENT,",
        "ALTER SESSION SET TIMEZONE='UTC',",
        "ALTER SESSION UNSET TIMEZONE,",
        "PUT file:///a @s OVERWRITE=TRUE,",
    ] {
        let refused = parse_one(text).expect_err(text);
        assert_eq!(refused.code, "001003", "{text}");
    }
    assert!(parse_one("ALTER COMPUTE POOL p SET MIN_NODES=1, MAX_NODES=2 COMMENT='c'").is_ok());
    assert!(parse_one("ALTER SESSION SET TIMEZONE='UTC', QUERY_TAG='t' AUTOCOMMIT=TRUE").is_ok());
}

#[test]
fn names_after_unset_must_be_separated_by_commas() {
    assert!(parse_one("ALTER COMPUTE POOL p UNSET COMMENT, AUTO_RESUME").is_ok());
    let refused = parse_one("ALTER COMPUTE POOL p UNSET COMMENT AUTO_RESUME").unwrap_err();
    assert!(refused.message.contains("unexpected 'AUTO_RESUME'"), "{}", refused.message);
}

fn bound(text: &str, values: &Json) -> Result<Vec<Expression>, SqlError> {
    let [tokens] = <[_; 1]>::try_from(split(text)?).expect("one statement");
    let values = serde_json::from_value(values.clone()).unwrap();
    match parse(&bind(tokens, &values)?)? {
        Statement::Select(found) => Ok(found.into_iter().map(|p| p.expression).collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bind_variables_become_literals_and_are_not_parsed_as_sql() {
    let values = json!({
        "1": {"type": "TEXT", "value": "a', CURRENT_ROLE(); --"},
        "2": {"type": "FIXED", "value": "-7"},
        "3": {"type": "ANY", "value": null},
    });
    let expected = vec![
        Expression::Text("a', CURRENT_ROLE(); --".to_owned()),
        Expression::Number("-7".to_owned()),
        Expression::Null,
    ];
    assert_eq!(bound("SELECT ?, ?, ?", &values).unwrap(), expected);
    assert_eq!(bound("SELECT :1, :2, :3", &values).unwrap(), expected);
    assert_eq!(bound("SELECT ?, ?, ?, ?", &values).unwrap_err().code, "002049");
}

#[test]
fn neither_kept_texts_nor_debug_output_contain_secrets() {
    for text in [
        "CREATE USER u PASSWORD = 'hush' COMMENT = 'said'",
        "ALTER USER u SET COMMENT='said', password=$$hush$$",
        "ALTER USER u SET PASSWORD 'hu''hush' COMMENT = 'said' -- that's it",
        "SELECT 1; CREATE USER u LOGIN_NAME = 'said' PASSWORD = 'hush' nonsense",
    ] {
        let kept = redacted(text);
        assert!(!kept.contains("hush") && kept.contains("'said'"), "{kept}");
        let printed = format!("{:?}", parse_one(text.rsplit("; ").next().unwrap()));
        assert!(!printed.contains("hush"), "{printed}");
    }
    assert_eq!(redacted("create user u password = 'hush"), "********");
    let plain = "SELECT 'PASSWORD', 'x' -- no secret";
    assert_eq!(redacted(plain), plain);
}

#[test]
fn a_request_with_too_many_tokens_statements_or_bytes_is_refused() {
    for (text, what) in [
        (format!("SELECT {}1", "1,".repeat(20_000)), "tokens in one request"),
        ("SELECT 1;".repeat(1001), "statements in one request"),
        (format!("SELECT 1 -- {}", "x".repeat(1 << 20)), "bytes of SQL text"),
    ] {
        let error = split(&text).expect_err(what);
        assert_eq!(error.code, "001003");
        assert!(error.message.contains(what), "{}", error.message);
    }
    let error = parse_one(&format!("SELECT {}1", "1,".repeat(1000))).unwrap_err();
    assert!(error.message.contains("columns in one result"), "{}", error.message);
    assert_eq!(split(&"SELECT 1;".repeat(1000)).unwrap().len(), 1000);
}

#[test]
fn a_variable_used_at_many_places_does_not_multiply_its_value() {
    let values = json!({"1": {"type": "TEXT", "value": "x".repeat(1 << 20)}});
    assert!(bound("SELECT :1 || :1 || :1 || :1", &values).is_ok());
    let error = bound(&format!("SELECT :1 {}", "|| :1".repeat(1000)), &values).unwrap_err();
    assert!(error.message.contains("bytes of bind variables"), "{}", error.message);
}
