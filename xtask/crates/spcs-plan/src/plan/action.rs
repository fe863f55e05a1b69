//! What carries a step out.

use serde::Serialize;

use crate::plan::PlannedStatement;
use crate::spec::RenderedSpec;
use crate::sql::SqlSet;

/// What carries a step out, with all that it needs to know. Keys are those of `spcs.toml`, names
/// are full names. As JSON an action is only what it does and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Build an image.
    Build {
        /// Its key.
        image: String,
    },
    /// Push an image under the tag of its digest ([`crate::image_tag`]).
    Push {
        /// Its key.
        image: String,
    },
    /// Run the statements of a file in order, leaving out those that are unchanged.
    Sql {
        /// The set that the file belongs to.
        #[serde(skip)]
        set: SqlSet,
        /// `sql/<set>/<file>`.
        file: String,
        /// The role that runs them; the file's own USE ROLE says the same.
        role: String,
        /// All of the file's statements.
        statements: Vec<PlannedStatement>,
    },
    /// Put the spec of a service on the stage.
    Put {
        /// The key of the service.
        service: String,
        /// `DB.SCHEMA.STAGE`.
        #[serde(skip)]
        stage: String,
        /// The file to put.
        #[serde(skip)]
        spec: Planned<RenderedSpec>,
    },
    /// Create or roll a service.
    Service {
        /// Its key.
        service: String,
        /// The file that does it: `sql/services/<file>`.
        #[serde(skip)]
        file: String,
        /// All of the file's statements, those to be sent marked with what they change.
        #[serde(skip)]
        statements: Planned<Vec<PlannedStatement>>,
    },
    /// Wait until a pool is ACTIVE or IDLE.
    WaitPool {
        /// Its key.
        pool: String,
        /// Its name.
        #[serde(skip)]
        name: String,
    },
    /// Wait until a service is RUNNING, every instance READY, and not upgrading.
    WaitService {
        /// Its key.
        service: String,
        /// Its name.
        #[serde(skip)]
        name: String,
    },
    /// Wait until the public endpoints of a service have their URL.
    WaitEndpoints {
        /// Its key.
        service: String,
        /// Its name.
        #[serde(skip)]
        name: String,
    },
}

/// Something that depends on the digests of a service's images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned<T> {
    /// The images are built.
    Known(T),
    /// An image has to be built first; [`crate::render_spec`] and [`crate::service_statements`] give
    /// it then.
    Deferred,
}
