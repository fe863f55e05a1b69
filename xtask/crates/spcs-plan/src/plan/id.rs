//! The names of steps.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::sql::{SqlFile, SqlSet};

/// Names a step of a plan: what it does, and to what. The keys are those of `spcs.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepId {
    /// Builds an image.
    Build(String),
    /// Pushes an image.
    Push(String),
    /// Runs a file of `sql/`.
    Sql {
        /// The set of the file.
        set: SqlSet,
        /// Its name without folders.
        file: String,
        /// The key of the service or pool that it is rendered for, if it is rendered for each.
        entry: Option<String>,
    },
    /// Waits for a compute pool.
    Pool(String),
    /// Puts the spec of a service on the stage.
    Put(String),
    /// Creates or rolls a service.
    Service(String),
    /// Waits until a service is ready.
    Ready(String),
    /// Waits for the endpoints of a service.
    Endpoints(String),
}

impl StepId {
    /// The step that runs a file.
    pub(crate) fn of_file(file: &SqlFile) -> StepId {
        StepId::Sql {
            set: file.set.clone(),
            file: file.name().to_owned(),
            entry: file.entry.clone(),
        }
    }
}

/// `build:milvus`, `sql:bootstrap/020_roles.sql`.
impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Build(image) => format!("build:{image}"),
            Self::Push(image) => format!("push:{image}"),
            Self::Sql { set, file, entry: None } => format!("sql:{set}/{file}"),
            Self::Sql { set, file, entry: Some(entry) } => format!("sql:{set}/{file}:{entry}"),
            Self::Pool(pool) => format!("pool:{pool}"),
            Self::Put(service) => format!("put:{service}"),
            Self::Service(service) => format!("service:{service}"),
            Self::Ready(service) => format!("ready:{service}"),
            Self::Endpoints(service) => format!("endpoints:{service}"),
        };
        f.pad(&text)
    }
}

impl Serialize for StepId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
