//! Reads seeds from files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The contents of files and of all files in directories. Paths begin at the repository's root.
///
/// # Panics
/// If a file cannot be read, or there are none.
pub fn files(paths: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let found: Vec<PathBuf> = paths.iter().flat_map(|path| below(&root.join(path))).collect();
    assert!(!found.is_empty(), "no seeds in {paths:?}");
    let read = |path: &PathBuf| {
        fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    };
    found.iter().map(read).collect()
}

/// The requests in a file: each is the lines of a head, an empty line and a body, as [`exchange`]
/// sends it. A line that begins with `###` ends a request.
///
/// # Panics
/// If the file cannot be read.
///
/// [`exchange`]: crate::exchange
pub fn requests(path: &str) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(&files(&[path])[0]).into_owned();
    let mut requests = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match requests.last_mut() {
            Some(last) if !line.starts_with("###") => last.push_str(line),
            _ => requests.push(String::new()),
        }
    }
    let requests = requests.iter().map(|request| request.trim()).filter(|text| !text.is_empty());
    requests.map(|request| request.as_bytes().to_vec()).collect()
}

/// All SQL of the repository: whole files, and each statement alone.
pub fn statements() -> Vec<Vec<u8>> {
    let paths =
        ["sql", "tests/it/third_parties/guide.sql", "xtask/crates/spcs-local-fuzz/seeds/sql"];
    let mut seeds = Vec::new();
    for file in files(&paths) {
        // The variables of templates become words.
        let text = String::from_utf8_lossy(&file).replace("<% ", "").replace(" %>", "");
        let alone = text.split_inclusive(";\n").map(|text| text.trim().as_bytes().to_vec());
        seeds.extend(alone.filter(|text| !text.is_empty()));
        seeds.push(text.into_bytes());
    }
    seeds
}

/// The files below a path, in a fixed order.
fn below(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries.iter().flat_map(|path| below(path)).collect()
}
