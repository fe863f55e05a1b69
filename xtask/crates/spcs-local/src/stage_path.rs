//! Paths of stages and their files in the directory of all stages.

/// A resolved `@db.schema.stage/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagePath {
    /// The names of the database, schema and stage.
    pub(crate) stage: Vec<String>,
    /// The path in the stage, without leading and trailing slashes.
    pub(crate) path: String,
}

impl StagePath {
    /// The stage's directory, relative to the directory of all stages.
    pub(crate) fn directory(&self) -> String {
        directory(&self.stage)
    }

    /// The full path, relative to the directory of all stages.
    pub(crate) fn relative(&self) -> String {
        let mut relative = self.directory();
        if !self.path.is_empty() {
            relative.push('/');
            relative.push_str(&self.path);
        }
        relative
    }
}

/// A stage's directory, relative to the directory of all stages.
pub(crate) fn directory(stage: &[String]) -> String {
    stage.iter().map(|part| escaped(part)).collect::<Vec<_>>().join("/")
}

/// Escapes a name for use as a file name: special characters become e.g. `=2F`.
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

/// Whether a relative path stays inside its directory.
pub(crate) fn is_contained(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "." | "..")) && !path.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::{escaped, is_contained};

    #[test]
    fn names_and_paths_cannot_escape_the_stage() {
        assert_eq!(escaped("YAML_STAGE"), "YAML_STAGE");
        assert_eq!(escaped("../x"), "=2E=2E=2Fx");
        assert!(is_contained("a/b.yaml") && !is_contained("a/../../b") && !is_contained(".."));
    }
}
