//! What the seeds call `{{name}}`: addresses, tokens and digests that differ from run to run.

use std::collections::BTreeMap;

/// The longest name with its braces.
const LONGEST: usize = 32;

#[derive(Default)]
pub(crate) struct Variables(BTreeMap<Vec<u8>, String>);

impl Variables {
    pub(crate) fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.as_bytes().to_vec(), value.to_string());
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        &self.0[name.as_bytes()]
    }

    /// A text with the values. Unknown names stay.
    pub(crate) fn fill(&self, text: &[u8]) -> Vec<u8> {
        let mut filled = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = find(rest, b"{{") {
            // A name is short, however often a change repeats the braces.
            let near = &rest[start..rest.len().min(start + LONGEST)];
            let name = find(near, b"}}").map(|end| &near[2..end]);
            let value = name.and_then(|name| Some((name.len(), self.0.get(name)?)));
            filled.extend_from_slice(&rest[..start]);
            match value {
                Some((length, value)) => {
                    filled.extend_from_slice(value.as_bytes());
                    rest = &rest[start + length + 4..];
                }
                None => {
                    filled.push(b'{');
                    rest = &rest[start + 1..];
                }
            }
        }
        filled.extend_from_slice(rest);
        filled
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[test]
fn variables_are_filled_in_and_everything_else_stays() {
    let mut variables = Variables::default();
    variables.set("a", "1");
    assert_eq!(variables.fill(b"{{a}} {{b}} {{{{a}}}} \xff{{a"), b"1 {{b}} {{1}} \xff{{a");
}
