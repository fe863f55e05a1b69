//! Rules of the repository that no compiler checks. A failure says what to change.

mod content;
mod decisions;
mod directions;
mod manifests;
mod modules;
mod rust;

use std::path::PathBuf;

use walkdir::WalkDir;

use crate::sources::root;

/// A text file of the repository.
pub(crate) struct TextFile {
    /// The path relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file below these folders with this ending, except build output.
pub(crate) fn files(folders: &[&str], ending: &str) -> Vec<TextFile> {
    let root: PathBuf = root().canonicalize().expect("the repository exists");
    let mut files = Vec::new();
    for folder in folders {
        let entries = WalkDir::new(root.join(folder)).sort_by_file_name().into_iter();
        let kept = entries.filter_entry(|entry| entry.file_name() != "target");
        for entry in kept {
            let entry = entry.expect("the repository can be walked");
            let path = entry.path().strip_prefix(&root).expect("the file is below the root");
            let path = path.to_string_lossy().replace('\\', "/");
            if entry.file_type().is_file() && path.ends_with(ending) {
                let text = std::fs::read_to_string(entry.path()).expect("the file is UTF-8 text");
                files.push(TextFile { path, text });
            }
        }
    }
    assert!(
        !files.is_empty(),
        "no `{ending}` files below {folders:?}: the rule would check nothing"
    );
    files
}

/// Fails with one line per offender.
#[track_caller]
pub(crate) fn assert_none(offenders: Vec<String>, what_to_do: &str) {
    assert!(offenders.is_empty(), "{what_to_do}:\n  {}", offenders.join("\n  "));
}
