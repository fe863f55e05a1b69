//! Fuzzes the lexer, the parser and what removes secrets.

use spcs_local_fuzz::Target;

use super::{parse, redacted};
use crate::sql::{Bindings, bind, parse_name, split};

#[test]
fn fuzz_every_text_is_parsed_or_refused() {
    let words = spcs_local_fuzz::words("sql");
    let bindings =
        r#"{"1": {"type": "TEXT", "value": "a'b"}, "2": {"type": "FIXED", "value": "-1"}}"#;
    let seeds = spcs_local_fuzz::statements();
    let target = Target { name: "statement", seeds: &seeds, words: &words };
    spcs_local_fuzz::run(&target, |text| {
        let text = String::from_utf8_lossy(text);
        let _ = redacted(&text);
        let _ = parse_name(&text);
        for tokens in split(&text).unwrap_or_default() {
            let _ = parse(&tokens);
            let bindings: Bindings = serde_json::from_str(bindings).unwrap();
            if let Ok(tokens) = bind(tokens, &bindings) {
                let _ = parse(&tokens);
            }
        }
    });
}
