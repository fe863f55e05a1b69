//! LIST and REMOVE, and the locations of stages.

use std::fs::File;
use std::io::{self, Read as _};

use httpdate::fmt_http_date;
use md5::{Digest, Md5};
use spcs_local_files::{FilePath, Stage, StageFile};

use super::Executor;
use crate::kind::Kind;
use crate::password::hex;
use crate::rows::{Rows, cell};
use crate::sql::{SqlError, parse_name};
use crate::stage_path::{StageLocation, StagePath};

impl Executor {
    /// Resolves a location and checks the privilege on its stage.
    pub(super) fn location(&self, text: &str, privilege: &str) -> Result<StageLocation, SqlError> {
        let at = self.resolve_location(text)?;
        let id = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let privileges = if privilege == "READ" { &["READ", "WRITE"][..] } else { &["WRITE"] };
            let stage = state.require(&actor, Kind::Stage, &at.stage, privileges)?;
            Ok(stage.id.clone())
        })?;
        Ok(StageLocation { id, at })
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
        let path = FilePath::parse(&body[end..])
            .map_err(|error| SqlError::invalid(format!("invalid stage path '{text}': {error}.")))?;
        Ok(StagePath { stage, path })
    }

    /// The stage of a location; `None` if nothing was ever stored in it.
    pub(super) fn open_stage(&self, location: &StageLocation) -> Result<Option<Stage>, SqlError> {
        self.account.stages.stage(&location.id).map_err(|error| failed(&error))
    }

    pub(super) fn list(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "READ")?;
        let mut rows = Rows::new(&["name", "size#", "md5", "last_modified"]);
        if let Some(stage) = self.open_stage(&location)? {
            let found = files(&stage, &location.at)?;
            add_listed(&mut rows, &stage, &location.at, &found)?;
        }
        Ok(rows)
    }

    pub(super) fn remove(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "WRITE")?;
        let mut rows = Rows::new(&["name", "result"]);
        let Some(stage) = self.open_stage(&location)? else { return Ok(rows) };
        for file in files(&stage, &location.at)? {
            // A service may have removed the file already.
            if stage.remove(&file.path).map_err(|error| failed(&error))? {
                rows.push(vec![cell(shown_name(&location.at, &file)), cell("removed")]);
            }
        }
        Ok(rows)
    }
}

/// The files whose paths start with the location's path.
pub(super) fn files(stage: &Stage, location: &StagePath) -> Result<Vec<StageFile>, SqlError> {
    let start = location.path.shown();
    let mut found = stage.files().map_err(|error| failed(&error))?;
    found.retain(|file| file.path.shown().starts_with(&start));
    Ok(found)
}

/// Adds the rows of LIST. Skips files that a service has removed since they were found, and those
/// that it has replaced by something else.
fn add_listed(
    rows: &mut Rows,
    stage: &Stage,
    location: &StagePath,
    files: &[StageFile],
) -> Result<(), SqlError> {
    for file in files {
        let digest = match stage.file(&file.path) {
            Ok(None) => continue,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
            Ok(Some(opened)) => digest(opened),
            Err(error) => Err(error),
        };
        rows.push(vec![
            cell(shown_name(location, file)),
            cell(file.size),
            cell(digest.map_err(|error| failed(&error))?),
            cell(fmt_http_date(file.modified)),
        ]);
    }
    Ok(())
}

fn digest(mut file: File) -> io::Result<String> {
    let mut digest = Md5::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

fn shown_name(location: &StagePath, file: &StageFile) -> String {
    let stage = location.stage.last().map(|name| name.to_lowercase()).unwrap_or_default();
    format!("{stage}/{}", file.path.shown())
}

fn refuse_pattern(pattern: Option<&str>) -> Result<(), SqlError> {
    match pattern {
        Some(_) => Err(SqlError::unsupported("PATTERN")),
        None => Ok(()),
    }
}

fn failed(error: &io::Error) -> SqlError {
    SqlError::execution(format!("cannot read or write the stage: {error}"))
}

#[cfg(test)]
mod tests {
    use spcs_local_files::{Id, Stages};

    use super::*;

    #[test]
    fn list_skips_a_file_that_disappears_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let stages = Stages::at(directory.path().join("stages"));
        let id = Id::random();
        let stage = stages.create(&id).unwrap();
        for name in ["gone", "kept"] {
            fs_err::write(stages.directory(&id).join(name), name).unwrap();
        }
        let path = FilePath::parse("").unwrap();
        let location = StagePath { stage: vec!["S".to_owned()], path };
        let found = files(&stage, &location).unwrap();
        assert!(stage.remove(&FilePath::parse("gone").unwrap()).unwrap());
        let mut rows = Rows::new(&["name", "size#", "md5", "last_modified"]);
        add_listed(&mut rows, &stage, &location, &found).unwrap();
        let names: Vec<_> = rows.rows.iter().map(|row| row[0].clone()).collect();
        assert_eq!(names, [cell("s/kept")]);
    }
}
