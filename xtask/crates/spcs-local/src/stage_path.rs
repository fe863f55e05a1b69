//! Where a stage and a location in it lie below the directory of all stages.

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
