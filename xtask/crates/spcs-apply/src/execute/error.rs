//! Why a step or a run failed: wraps the errors of every module.

use crate::account::{AccountError, ConnectionError};
use crate::build::{BuildError, NotEnoughSpace};
use crate::engine::EngineError;
use crate::error::{Kind, chain};
use crate::graph::GraphError;
use crate::registry::PushError;
use crate::stage::StageError;
use crate::wait::WaitError;

/// Why a step or a run failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's files are invalid.
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
    /// The steps cannot be ordered.
    #[error("ordering the steps of the plan")]
    Graph(#[from] GraphError),
    /// A wait failed.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// An image could not be built.
    #[error("building the image `{image}`")]
    Build {
        image: String,
        #[source]
        source: BuildError,
    },
    /// A required image is not built, or is out of date.
    #[error("the image `{image}` is not built: {reason}")]
    NotBuilt {
        image: String,
        /// Why it is not up to date.
        reason: String,
    },
    /// The image repository does not exist yet.
    #[error("the image repository `{0}` does not exist")]
    NoRepository(String),
    /// An image could not be pushed.
    #[error("pushing the image `{image}`")]
    Push {
        image: String,
        #[source]
        source: PushError,
    },
    /// A login failed, or the account refused a statement or a token request.
    #[error("{doing}")]
    Account {
        /// `sql/bootstrap/080_database.sql:5: create database MILVUS_DEMO`
        doing: String,
        #[source]
        source: AccountError,
    },
    /// A file could not be uploaded to a stage.
    #[error("putting `{file}` on {stage}")]
    Put {
        file: Box<str>,
        /// `@DB.SCHEMA.STAGE`
        stage: Box<str>,
        #[source]
        source: StageError,
    },
    /// One or more steps failed.
    #[error("{}", failed_steps(failures, *not_started))]
    Steps {
        /// The errors, at least one.
        failures: Vec<Error>,
        /// The number of steps that were not started because of the failures.
        not_started: usize,
    },
    /// The plan belongs to another project.
    #[error("the plan names `{0}`, which the project does not have")]
    Unplanned(String),
    /// A step needs a target, but the run has none.
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

    /// What to do next, where it is known. Only [`Error::Steps`] can have several hints.
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
            Self::Interrupted => Some("run the same command again to continue".to_owned()),
            Self::Graph(_) | Self::Unplanned(_) | Self::NoTarget => None,
        };
        hint.into_iter().collect()
    }
}

/// The error of each failed step with its causes, one per line.
fn failed_steps(failures: &[Error], not_started: usize) -> String {
    let mut text = failures.iter().map(|error| chain(error)).collect::<Vec<_>>().join("\n");
    if not_started > 0 {
        text.push_str(&format!("\n({not_started} steps after it were not started)"));
    }
    text
}
