//! The ids of steps.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::sql::{SqlFile, SqlSet};

/// Identifies a step of a plan. The keys are those of `spcs.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepId {
    /// Builds an image.
    Build(String),
    /// Pushes an image.
    Push(String),
    /// Runs a file of `sql/`.
    Sql {
        set: SqlSet,
        /// The name of the file, without folders.
        file: String,
        /// The key of the service or pool that the file is rendered for, if any.
        entry: Option<String>,
    },
    /// Waits for a compute pool.
    Pool(String),
    /// Puts the spec of a service on the stage.
    Put(String),
    /// Creates or updates a service.
    Service(String),
    /// Waits until a service is ready.
    Ready(String),
    /// Waits until the endpoints of a service have URLs.
    Endpoints(String),
}

impl StepId {
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
