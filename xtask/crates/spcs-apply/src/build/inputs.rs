//! The inputs of a build, as digests by name. Equal inputs give equal images; if they differ, the
//! name tells what has changed.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use walkdir::WalkDir;

use super::BuildRequest;
use super::ignore::Ignore;
use crate::digest;

/// Maps the name of an input to its digest or value.
pub(super) type Inputs = BTreeMap<String, String>;

pub(super) fn read(request: &BuildRequest) -> io::Result<Inputs> {
    let mut inputs = Inputs::new();
    let dockerfile = fs_err::read(&request.dockerfile)?;
    inputs.insert("the Dockerfile".to_owned(), digest::of(&dockerfile));
    if let Some(base) = &request.base {
        inputs.insert("the base image".to_owned(), base.clone());
    }
    for (name, value) in &request.args {
        inputs.insert(format!("the argument {name}"), value.clone());
    }
    let ignore = Ignore::read(&request.context)?;
    let dockerfile = request.dockerfile.canonicalize()?;
    let walk = WalkDir::new(&request.context).min_depth(1).into_iter();
    for entry in walk {
        let entry = entry.map_err(io::Error::from)?;
        let path = entry.path();
        let name = path.strip_prefix(&request.context).unwrap_or(path).to_string_lossy();
        // An excluded directory may contain a file that is not excluded, so the walk enters it.
        if ignore.excludes(&name) || path.canonicalize().is_ok_and(|path| path == dockerfile) {
            continue;
        }
        inputs.insert(name.into_owned(), describe(path, &entry.file_type())?);
    }
    Ok(inputs)
}

fn describe(path: &Path, kind: &std::fs::FileType) -> io::Result<String> {
    if kind.is_symlink() {
        return Ok(format!("link to {}", fs_err::read_link(path)?.display()));
    }
    let mode = fs_err::symlink_metadata(path)?.permissions().mode() & 0o7777;
    if kind.is_dir() {
        return Ok(format!("folder {mode:o}"));
    }
    Ok(format!("{mode:o} {}", digest::of_reader(fs_err::File::open(path)?)?))
}

/// A description of the first difference, if there is one.
pub(super) fn difference(old: &Inputs, new: &Inputs) -> Option<String> {
    let changed = new.iter().find_map(|(name, value)| match old.get(name) {
        None => Some(format!("{name} is new")),
        Some(before) if before != value => Some(format!("{name} changed")),
        Some(_) => None,
    });
    changed.or_else(|| {
        let gone = old.keys().find(|name| !new.contains_key(*name))?;
        Some(format!("{gone} is gone"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_is_named_and_ignored_files_are_not_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs_err::write(file("Dockerfile"), "FROM scratch").unwrap();
        fs_err::write(file("run.sh"), "true").unwrap();
        fs_err::write(file(".dockerignore"), "*.log\n").unwrap();
        let mut request = BuildRequest {
            name: "image".to_owned(),
            kind: spcs_plan::config::TargetKind::Local,
            context: folder.path().to_owned(),
            dockerfile: file("Dockerfile"),
            base: None,
            args: BTreeMap::new(),
            work_dir: file("target"),
        };
        let first = read(&request).unwrap();
        let changed = |request: &BuildRequest| difference(&first, &read(request).unwrap());
        fs_err::write(file("build.log"), "noise").unwrap();
        assert_eq!(changed(&request), None);

        fs_err::set_permissions(file("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(changed(&request).as_deref(), Some("run.sh changed"));
        fs_err::remove_file(file("run.sh")).unwrap();
        assert_eq!(changed(&request).as_deref(), Some("run.sh is gone"));
        fs_err::write(file("Dockerfile"), "FROM base").unwrap();
        assert_eq!(changed(&request).as_deref(), Some("the Dockerfile changed"));
        request.base = Some("debian:bookworm".to_owned());
        assert!(changed(&request).is_some());
    }
}
