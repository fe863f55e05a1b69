//! Compares the settings that a statement sets with those that a target shows.

use std::collections::{BTreeMap, BTreeSet};

/// Columns that are NULL, and therefore missing, if nothing was set.
const EMPTY_WHEN_MISSING: [&str; 2] = ["external_access_integrations", "query_warehouse"];

/// Whether all settings have their desired value. A setting that was not observed counts as equal.
pub(super) fn all_match(
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

/// The items of a value, without regard to case, quotes, brackets and order: `('a:443','b:443')`
/// equals `b:443,a:443`, and `X-SMALL` equals `X-Small`.
fn items(text: &str) -> BTreeSet<String> {
    let separates = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'));
    let items = text.split(separates).filter(|item| !item.is_empty());
    items.map(str::to_uppercase).filter(|item| item != "NULL").collect()
}
