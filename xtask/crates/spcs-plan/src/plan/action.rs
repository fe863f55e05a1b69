//! The actions that execute steps.

use serde::Serialize;

use crate::plan::PlannedStatement;
use crate::spec::RenderedSpec;
use crate::sql::SqlSet;

/// The action that executes a step, with everything it needs. Keys are those of `spcs.toml`; names
/// are full names. The JSON form holds only what the action does, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    Build {
        image: String,
    },
    /// Push an image under the tag of its digest ([`crate::image_tag`]).
    Push {
        image: String,
    },
    /// Run the statements of a file in order, except the unchanged ones.
    Sql {
        #[serde(skip)]
        set: SqlSet,
        /// `sql/<set>/<file>`.
        file: String,
        /// The role that runs them, the same as in the file's own USE ROLE.
        role: String,
        /// All statements of the file.
        statements: Vec<PlannedStatement>,
    },
    /// Put the spec of a service on the stage.
    Put {
        service: String,
        /// `DB.SCHEMA.STAGE`.
        #[serde(skip)]
        stage: String,
        #[serde(skip)]
        spec: Planned<RenderedSpec>,
    },
    /// Create or update a service.
    Service {
        service: String,
        /// The file that creates it, `sql/services/<file>`.
        #[serde(skip)]
        file: String,
        /// All statements of the file.
        #[serde(skip)]
        statements: Planned<Vec<PlannedStatement>>,
    },
    /// Wait until a pool is ACTIVE or IDLE.
    WaitPool {
        pool: String,
        #[serde(skip)]
        name: String,
    },
    /// Wait until a service is RUNNING and not upgrading, and every instance is READY.
    WaitService {
        service: String,
        #[serde(skip)]
        name: String,
    },
    /// Wait until every public endpoint of a service has a URL.
    WaitEndpoints {
        service: String,
        #[serde(skip)]
        name: String,
    },
}

/// A value that depends on the digests of a service's images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned<T> {
    /// The images are built.
    Known(T),
    /// An image must be built first. Then [`crate::render_spec`] or [`crate::service_statements`]
    /// computes the value.
    Deferred,
}
