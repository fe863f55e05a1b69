//! Whether what a target shows is what a statement sets.

use std::collections::{BTreeMap, BTreeSet};

/// Columns that are NULL, and so not there, when nothing was set.
const EMPTY_WHEN_MISSING: [&str; 2] = ["external_access_integrations", "query_warehouse"];

/// Whether what is observed is as set. A setting that was not observed is taken to be.
pub(super) fn hold(
    settings: &BTreeMap<String, String>,
    properties: &BTreeMap<String, String>,
) -> bool {
    settings.iter().filter(|(key, _)| *key != "comment").all(|(key, wanted)| {
        let column = if key == "warehouse_size" { "size" } else { key.as_str() };
        match properties.get(column) {
            Some(seen) => items(seen) == items(wanted),
            None if properties.contains_key("min_instances") => {
                wanted.is_empty() || !EMPTY_WHEN_MISSING.contains(&column)
            }
            None => true,
        }
    })
}

/// `('a:443','b:443')` and `a:443,b:443` say the same; so do `X-SMALL` and `X-Small`.
/// The order of a list says nothing.
fn items(text: &str) -> BTreeSet<String> {
    let separates = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'));
    let items = text.split(separates).filter(|item| !item.is_empty());
    items.map(str::to_uppercase).filter(|item| item != "NULL").collect()
}
