//! Stages as directories: LIST, REMOVE, and where a location lies on disk.

use md5::{Digest, Md5};
use spcs_local_files::stages::{self, StageFile};

use super::Executor;
use crate::kind::Kind;
use crate::password::hex;
use crate::rows::{Rows, cell};
use crate::sql::{SqlError, parse_name};

/// `@db.schema.stage/path`, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagePath {
    /// Database, schema and stage.
    pub(crate) stage: Vec<String>,
    /// What follows the stage's name, without slashes around it.
    pub(crate) path: String,
}

impl StagePath {
    /// The stage's directory, below the directory of all stages, with `/` between its parts.
    pub(crate) fn directory(&self) -> String {
        directory(&self.stage)
    }

    /// The location itself, below the directory of all stages.
    pub(crate) fn relative(&self) -> String {
        let mut relative = self.directory();
        if !self.path.is_empty() {
            relative.push('/');
            relative.push_str(&self.path);
        }
        relative
    }
}

/// A stage's directory, below the directory of all stages.
pub(crate) fn directory(stage: &[String]) -> String {
    stage.iter().map(|part| escaped(part)).collect::<Vec<_>>().join("/")
}

/// A name as a file name: what could mean something to the file system is written `=2F`.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | ' ') {
            text.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                text.push_str(&format!("={byte:02X}"));
            }
        }
    }
    text
}

/// Whether a path stays below where it starts.
pub(crate) fn is_contained(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "." | "..")) && !path.contains('\0')
}

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

    /// Resolves a location by the session's database and schema.
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

    pub(super) fn make_stage(&self, stage: &[String]) -> Result<(), SqlError> {
        let path = self.account.stages.join(directory(stage));
        fs_err::create_dir_all(path).map_err(|error| failed(&error))
    }

    /// The files whose paths start with the location's.
    pub(super) fn files(&self, location: &StagePath) -> Result<Vec<StageFile>, SqlError> {
        let root = self.account.stages.join(location.directory());
        let mut found = stages::files(&root).map_err(|error| failed(&error))?;
        found.retain(|file| file.path.starts_with(&location.path));
        Ok(found)
    }

    pub(super) fn list(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "READ")?;
        let mut rows = Rows::new(&["name", "size#", "md5", "last_modified"]);
        for file in self.files(&location)? {
            let content = fs_err::read(&file.file).map_err(|error| failed(&error))?;
            rows.push(vec![
                cell(shown_name(&location, &file)),
                cell(file.size),
                cell(hex(&Md5::digest(&content))),
                cell(http_date(file.modified)),
            ]);
        }
        Ok(rows)
    }

    pub(super) fn remove(&self, location: &str, pattern: Option<&str>) -> Result<Rows, SqlError> {
        refuse_pattern(pattern)?;
        let location = self.location(location, "WRITE")?;
        let mut rows = Rows::new(&["name", "result"]);
        for file in self.files(&location)? {
            fs_err::remove_file(&file.file).map_err(|error| failed(&error))?;
            rows.push(vec![cell(shown_name(&location, &file)), cell("removed")]);
        }
        Ok(rows)
    }
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
    SqlError::execution(format!("the stage could not be read or changed: {error}"))
}

/// `Mon, 23 Nov 2026 13:00:00 GMT`.
pub(crate) fn http_date(time: std::time::SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map(|stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{escaped, is_contained};

    #[test]
    fn no_name_and_no_path_leads_out_of_the_stage() {
        assert_eq!(escaped("YAML_STAGE"), "YAML_STAGE");
        assert_eq!(escaped("../x"), "=2E=2E=2Fx");
        assert!(is_contained("a/b.yaml") && !is_contained("a/../../b") && !is_contained(".."));
    }
}
