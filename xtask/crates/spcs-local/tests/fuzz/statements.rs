//! Statements that run on an account with objects of most kinds.

use serde_json::json;
use spcs_local_fuzz::{Target, run_with_state, statements, words};

use crate::account::Account;

/// The number of cases on one account. Each leaves its changes to the next one.
const BLOCK: u64 = 200;

#[test]
fn fuzz_every_statement_is_carried_out_or_refused() {
    let (seeds, words) = (statements(), words("sql"));
    let target = Target { name: "sql", seeds: &seeds, words: &words };
    run_with_state(&target, BLOCK, Account::start, |account, text| {
        execute(account, &String::from_utf8_lossy(text));
    });
}

fn execute(account: &Account, text: &str) {
    let first = json!({"type": "TEXT", "value": "a'b"});
    let second = json!({"type": "FIXED", "value": "-1"});
    let body = json!({
        "sqlText": text,
        "bindings": {"1": first, "2": second},
        "parameters": {"MULTI_STATEMENT_COUNT": 0},
    });
    let answer = account.query(&body, waits_for_a_service(text));
    assert!(answer["success"].is_boolean(), "{answer}");
}

/// Only this function may take as long as its arguments say.
fn waits_for_a_service(text: &str) -> bool {
    text.to_uppercase().contains("GET_SERVICE_STATUS")
}
