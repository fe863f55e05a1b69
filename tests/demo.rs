//! Extracts the demo from `spcs.toml`, so that tests and snapshots cover the demo only.
//!
//! Adding a service, pool or image of your own changes no test and no snapshot. Everything else in
//! `spcs.toml` is kept, so that every change to the demo shows up.

/// The tables that may have further entries, with the entries of the demo.
const ENTRIES: [(&str, [&str; 2]); 4] =
    [("pools", DEMO), ("images", DEMO), ("services", DEMO), ("target", ["local", "snowflake"])];
const DEMO: [&str; 2] = ["milvus", "jupyter"];
const VARIABLES: [&str; 1] = ["milvus_volume_gib"];

/// The lines of a `spcs.toml` without the entries that do not belong to the demo.
pub(crate) fn only(config: &str) -> String {
    let (mut kept, mut comments) = (String::new(), String::new());
    let mut table = "";
    for line in config.split_inclusive('\n') {
        // A comment belongs to the lines after it.
        comments.push_str(line);
        if line.trim_start().starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let header = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        table = header.map_or(table, |(name, _)| name);
        if belongs_to_demo(table, line) {
            kept.push_str(&comments);
        }
        comments.clear();
    }
    kept
}

fn belongs_to_demo(table: &str, line: &str) -> bool {
    if table == "variables" {
        let key = line.split('=').next().unwrap_or_default();
        return line.starts_with('[') || VARIABLES.contains(&key.trim());
    }
    let mut path = table.split('.');
    let (table, entry) = (path.next(), path.next());
    let own = ENTRIES.iter().find(|(name, _)| Some(*name) == table);
    own.is_none_or(|(_, own)| entry.is_none_or(|entry| own.contains(&entry)))
}

#[test]
fn entries_outside_the_demo_are_removed() {
    let demo = "[deployment]\nname = \"demo\"\n[services.milvus]\nspec = \"a\"\n[variables]\nmilvus_volume_gib = 1\n";
    let with_others = demo
        .replace(
            "[variables]\n",
            "\n# Mine.\n[services.web]\nafter = [\n  \"a\",\n]\n[variables]\n",
        )
        .replace("gib = 1\n", "gib = 1\n\n# Mine.\nweb_size = 2\n")
        + "\n[pools.web]\nname = \"WEB\"\n\n[services.web.variables]\nrole = \"web\"\n";
    assert_eq!(only(&with_others), demo);
}
