//! Why a step, or a whole run, failed: composed of the errors of every module.

use crate::account::{AccountError, ConnectionError};
use crate::build::{BuildError, NotEnoughSpace};
use crate::engine::EngineError;
use crate::error::{Kind, chain};
use crate::graph::GraphError;
use crate::registry::PushError;
use crate::stage::StageError;
use crate::wait::WaitError;

/// Why a step, or a whole run, failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's files are wrong.
    #[error(transparent)]
    Project(#[from] spcs_plan::Error),
    /// No container engine works.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Too little disk space is free to build.
    #[error(transparent)]
    DiskSpace(#[from] NotEnoughSpace),
    /// No connection can be used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// Steps cannot be ordered.
    #[error("ordering the steps of the plan")]
    Graph(#[from] GraphError),
    /// A wait failed.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// An image could not be built.
    #[error("building the image `{image}`")]
    Build {
        /// The image's key.
        image: String,
        /// Why.
        #[source]
        source: BuildError,
    },
    /// An image that is needed is not built, or is older than its files.
    #[error("the image `{image}` is not built: {reason}")]
    NotBuilt {
        /// The image's key.
        image: String,
        /// Why it counts as not built.
        reason: String,
    },
    /// The image repository does not exist yet.
    #[error("the image repository `{0}` does not exist")]
    NoRepository(String),
    /// An image could not be pushed.
    #[error("pushing the image `{image}`")]
    Push {
        /// The image's key.
        image: String,
        /// Why.
        #[source]
        source: PushError,
    },
    /// A login failed, or a statement or a token was refused.
    #[error("{doing}")]
    Account {
        /// `sql/bootstrap/080_database.sql:5: create database MILVUS_DEMO`
        doing: String,
        /// The account's error.
        #[source]
        source: AccountError,
    },
    /// A file could not be uploaded to a stage.
    #[error("putting `{file}` on {stage}")]
    Put {
        /// The file's name.
        file: Box<str>,
        /// `@DB.SCHEMA.STAGE`
        stage: Box<str>,
        /// Why.
        #[source]
        source: StageError,
    },
    /// Steps of a run failed.
    #[error("{}", failed_steps(failures, *not_started))]
    Steps {
        /// Why each of them failed, at least one.
        failures: Vec<Error>,
        /// How many steps were not started because of it.
        not_started: usize,
    },
    /// The plan was made for another project.
    #[error("the plan names `{0}`, which the project does not have")]
    Unplanned(String),
    /// A step needs a target, and the run was given none.
    #[error("this step needs a target, and the run has none")]
    NoTarget,
    /// The run was interrupted.
    #[error("interrupted: what was running has ended, nothing more was started")]
    Interrupted,
}

impl Error {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Project(_) | Self::NotBuilt { .. } => Kind::Input,
            Self::Engine(error) => error.kind(),
            Self::DiskSpace(_) => Kind::Machine,
            Self::Connection(error) => error.kind(),
            Self::Graph(_) | Self::Unplanned(_) | Self::NoTarget => Kind::Internal,
            Self::Wait(error) => error.kind(),
            Self::Build { source, .. } => source.kind(),
            Self::NoRepository(_) => Kind::Refused,
            Self::Push { source, .. } => source.kind(),
            Self::Account { source, .. } => source.kind(),
            Self::Put { source, .. } => source.kind(),
            Self::Steps { failures, .. } => failures.first().map_or(Kind::Internal, Error::kind),
            Self::Interrupted => Kind::Interrupted,
        }
    }

    /// What to do next, where it is known. Only failed steps may give several hints.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Project(error) => error.hint().map(str::to_owned),
            Self::Engine(error) => error.hint(),
            Self::DiskSpace(error) => Some(error.hint()),
            Self::Connection(error) => error.hint(),
            Self::Wait(error) => error.hint(),
            Self::Build { source, .. } => source.hint(),
            Self::NotBuilt { image, .. } => Some(format!("`cargo xtask build {image}`")),
            Self::NoRepository(_) => Some("`cargo xtask sql bootstrap` creates it".to_owned()),
            Self::Push { source, .. } => source.hint(),
            Self::Account { source, .. } => source.hint(),
            Self::Put { source, .. } => source.hint(),
            Self::Steps { failures, .. } => {
                let mut hints: Vec<String> = Vec::new();
                for hint in failures.iter().flat_map(Error::hints) {
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                return hints;
            }
            Self::Interrupted => Some("run the same command again to go on".to_owned()),
            Self::Graph(_) | Self::Unplanned(_) | Self::NoTarget => None,
        };
        hint.into_iter().collect()
    }
}

/// Every failed step's error with the whole chain of its causes, a line each.
fn failed_steps(failures: &[Error], not_started: usize) -> String {
    let mut text = failures.iter().map(|error| chain(error)).collect::<Vec<_>>().join("\n");
    if not_started > 0 {
        text.push_str(&format!("\n({not_started} steps after it were not started)"));
    }
    text
}
