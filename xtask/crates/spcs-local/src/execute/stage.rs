//! LIST and REMOVE, and the paths of stage locations on disk.

use httpdate::fmt_http_date;
use md5::{Digest, Md5};
use spcs_local_files::stages::{self, StageFile, none_if_missing};

use super::Executor;
use crate::kind::Kind;
use crate::password::hex;
use crate::rows::{Rows, cell};
use crate::sql::{SqlError, parse_name};
use crate::stage_path::{StagePath, directory, is_contained};

impl Executor {
    /// Resolves a location and checks the privilege on its stage.
    pub(super) fn location(&self, text: &str, privilege: &str) -> Result<StagePath, SqlError> {
        let location = self.resolve_location(text)?;
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let privileges = if privilege == "READ" { &["READ", "WRITE"][..] } else { &["WRITE"] };
            state.require(&actor, Kind::Stage, &location.stage, privileges).map(|_| ())
        })?;
        Ok(location)
    }

    /// Resolves a location with the session's database and schema.
    pub(super) fn resolve_location(&self, text: &str) -> Result<StagePath, SqlError> {
        let body = text.strip_prefix('@').unwrap_or(text);
        if body.starts_with('~') || body.starts_with('%') {
            return Err(SqlError::unsupported("user and table stages"));
        }
        let mut quoted = false;
        let end = body
            .find(|character: char| {
                quoted ^= character == '"';
                !quoted && character == '/'
            })
            .unwrap_or(body.len());
        let name = parse_name(&body[..end])?;
        let stage = self.session_state().namespace.resolve(Kind::Stage, &name)?;
        let path = body[end..].trim_matches('/').to_owned();
        if !is_contained(&path) {
            return Err(SqlError::invalid(format!("invalid stage path '{text}'.")));
        }
        Ok(StagePath { stage, path })
    }

    pub(super) fn create_stage_directory(&self, stage: &[String]) -> Result<(), SqlError> {
        let path = self.account.stages.join(directory(stage));
        fs_err::create_dir_all(path).map_err(|error| failed(&error))
    }

    /// The files whose paths start with the location's path.
    pub(super) fn files(&self, location: &StagePath) -> Result<Vec<StageFile>, SqlError> {
        let root = self.account.stages.join(location.directory());
        let mut found = stages::files(&root).map_err(|error| failed(&error))?;
        found.retain(|file| file.path.starts_with(&location.path));
        Ok(found)
    }

    pub(super) fn list(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "READ")?;
        list_rows(&location, &self.files(&location)?)
    }

    pub(super) fn remove(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "WRITE")?;
        let mut rows = Rows::new(&["name", "result"]);
        for file in self.files(&location)? {
            // A service may have removed the file already.
            if none_if_missing(fs_err::remove_file(&file.file)).map_err(|e| failed(&e))?.is_some() {
                rows.push(vec![cell(shown_name(&location, &file)), cell("removed")]);
            }
        }
        Ok(rows)
    }
}

/// The rows of LIST. Skips files that a service has removed since they were found.
fn list_rows(location: &StagePath, files: &[StageFile]) -> Result<Rows, SqlError> {
    let mut rows = Rows::new(&["name", "size#", "md5", "last_modified"]);
    for file in files {
        let content = none_if_missing(fs_err::read(&file.file)).map_err(|error| failed(&error))?;
        let Some(content) = content else { continue };
        rows.push(vec![
            cell(shown_name(location, file)),
            cell(file.size),
            cell(hex(&Md5::digest(&content))),
            cell(fmt_http_date(file.modified)),
        ]);
    }
    Ok(rows)
}

fn shown_name(location: &StagePath, file: &StageFile) -> String {
    let stage = location.stage.last().map(|name| name.to_lowercase()).unwrap_or_default();
    format!("{stage}/{}", file.path)
}

fn refuse_pattern(pattern: Option<&str>) -> Result<(), SqlError> {
    match pattern {
        Some(_) => Err(SqlError::unsupported("PATTERN")),
        None => Ok(()),
    }
}

fn failed(error: &std::io::Error) -> SqlError {
    SqlError::execution(format!("cannot read or write the stage: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_skips_a_file_that_disappears_meanwhile() {
        let stage = tempfile::tempdir().unwrap();
        for name in ["gone", "kept"] {
            fs_err::write(stage.path().join(name), name).unwrap();
        }
        let files = stages::files(stage.path()).unwrap();
        fs_err::remove_file(stage.path().join("gone")).unwrap();
        let location = StagePath { stage: vec!["S".to_owned()], path: String::new() };
        let rows = list_rows(&location, &files).unwrap();
        let names: Vec<_> = rows.rows.iter().map(|row| row[0].clone()).collect();
        assert_eq!(names, [cell("s/kept")]);
    }
}
