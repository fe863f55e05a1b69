//! Computes the plan of a deployment as plain data.
//!
//! [`Project`] holds the project's files, [`Desired`] the state they describe for one target, and
//! [`Observed`] the target's current state. [`deploy`] and [`clean`] compare the two and return a
//! [`Plan`]. This crate does no I/O except reading the project's files: `spcs-apply` reads targets
//! and executes plans.

mod canonical;
mod check;
mod clean;
pub mod config;
mod decide;
mod deploy;
mod desired;
mod error;
mod files;
pub mod lint;
mod observed;
mod plan;
mod project;
pub mod secret;
mod spec;
pub mod sql;
mod template;
mod variables;
mod yaml;

pub use clean::clean;
pub use deploy::{UserPassword, chosen_files, deploy, run_sql, service_statements};
pub use desired::{Desired, DesiredService, ImageState, PublicEndpoint, desired};
pub use error::Error;
pub use observed::{Observed, ObservedObject, ObservedPool, ObservedService, SPEC_DIGEST_VARIABLE};
pub use plan::{
    Action, Change, Kept, Plan, Planned, PlannedStatement, Reason, Step, StepId, Subject,
};
pub use project::{Project, SourceFile};
pub use spec::{RenderedSpec, image_tag, render_spec};
pub use sql::{Effect, Grant, ObjectKind, SqlFile, SqlSet, Statement};
