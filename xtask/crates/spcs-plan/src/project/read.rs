//! Reads a project's files. No other module of this crate does I/O.
#![expect(clippy::disallowed_methods, reason = "this is the module that reads files")]

use std::io;
use std::path::Path;

use crate::error::Error;
use crate::project::{Project, SourceFile};

impl Project {
    /// Reads `spcs.toml`, `sql/` and the specs of `[services]` below `root`.
    pub fn read(root: &Path) -> Result<Project, Error> {
        let config = read_text(root, "spcs.toml")?;
        let parsed = crate::config::parse(&config)?;
        let mut sql = Vec::new();
        for set in names(root, "sql")? {
            for file in names(root, &format!("sql/{set}"))? {
                let path = format!("sql/{set}/{file}");
                if !file.ends_with(".sql") {
                    return Err(Error::new("only `.sql` files are allowed here").at(path, None));
                }
                let text = read_text(root, &path)?;
                sql.push(SourceFile { path, text });
            }
        }
        let mut specs = Vec::new();
        for service in parsed.services.values() {
            let path = service.spec.clone();
            let text = read_text(root, &path)?;
            specs.push(SourceFile { path, text });
        }
        Project::from_texts(&config, sql, specs)
    }
}

fn read_text(root: &Path, path: &str) -> Result<String, Error> {
    std::fs::read_to_string(root.join(path)).map_err(|error| failed(path, &error))
}

/// The sorted names of the entries of a folder, without hidden ones.
fn names(root: &Path, folder: &str) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).map_err(|error| failed(folder, &error))? {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn failed(path: &str, error: &io::Error) -> Error {
    Error::new(format!("cannot be read: {error}"))
        .at(path, None)
        .with_hint("run this in the project's folder, or check the path in spcs.toml")
}
