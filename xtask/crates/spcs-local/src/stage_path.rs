//! Locations on stages: `@db.schema.stage/path`.

use spcs_local_files::{FilePath, Id};

/// A location whose names are resolved. The stage need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagePath {
    /// The names of the database, schema and stage.
    pub(crate) stage: Vec<String>,
    pub(crate) path: FilePath,
}

/// A location on an existing stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageLocation {
    /// The stage's id, which names its directory and its files in URLs.
    pub(crate) id: Id,
    pub(crate) at: StagePath,
}

impl StageLocation {
    /// The start of the URL paths of the stage's files, or of those below the location.
    pub(crate) fn url_prefix(&self, below: Option<&FilePath>) -> String {
        let path = below.filter(|path| !path.is_stage());
        path.map_or_else(
            || format!("{}/", self.id),
            |path| format!("{}/{}/", self.id, path.shown()),
        )
    }
}
