//! Carries out a plan: builds and pushes images, runs SQL, uploads files to a stage and waits for
//! services. `spcs-plan` makes all decisions; nothing here builds DDL.

pub mod account;
pub mod build;
pub mod child;
mod digest;
pub mod engine;
pub mod error;
pub mod execute;
#[cfg(test)]
mod fake_http;
pub mod graph;
mod http;
pub mod layout;
pub mod observe;
pub mod progress;
pub mod registry;
pub mod secret;
pub mod stage;
pub mod wait;

pub use execute::Error;
