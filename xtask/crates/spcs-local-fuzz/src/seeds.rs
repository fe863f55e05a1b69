//! Reads seeds from files of the repository.

use std::path::{Path, PathBuf};

use fs_err as fs;

/// The seeds of this crate, from the repository's root.
const SEEDS: &str = "xtask/crates/spcs-local-fuzz/seeds";

/// The contents of files and of all files in directories. Paths begin at the repository's root.
///
/// # Panics
/// If a file cannot be read, or there are none.
pub fn files(paths: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let found: Vec<PathBuf> = paths.iter().flat_map(|path| below(&root.join(path))).collect();
    assert!(!found.is_empty(), "no seeds in {paths:?}");
    let read = |path: &PathBuf| fs::read(path).unwrap_or_else(|error| panic!("{error}"));
    found.iter().map(read).collect()
}

/// A request in the format of [`exchange`](crate::exchange), and what it gets.
#[derive(Debug)]
pub struct Request {
    pub bytes: Vec<u8>,
    pub status: u16,
    /// What the response contains.
    pub text: String,
}

/// The requests in a file. Before each is a line with `###`, the status that it gets, and a part of
/// the response.
///
/// # Panics
/// If the file cannot be read, or does not have this format.
pub fn requests(name: &str) -> Vec<Request> {
    let text = files(&[&format!("{SEEDS}/http/{name}")]).concat();
    let text = String::from_utf8_lossy(&text);
    let requests = text.split("###").skip(1).map(|request| {
        let (expected, request) = request.split_once('\n').unwrap_or_default();
        let (status, text) = expected.trim().split_once(' ').unwrap_or((expected.trim(), ""));
        let status = status.parse().unwrap_or_else(|_| panic!("{name}: no status in {expected}"));
        Request { bytes: request.trim().as_bytes().to_vec(), status, text: text.to_owned() }
    });
    requests.collect()
}

/// The lines of a file: words that mean something to a target.
///
/// # Panics
/// If the file cannot be read.
pub fn words(name: &str) -> Vec<Vec<u8>> {
    let text = files(&[&format!("{SEEDS}/words/{name}")]).concat();
    text.split(|byte| *byte == b'\n').filter(|word| !word.is_empty()).map(Vec::from).collect()
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
