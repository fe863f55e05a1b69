//! Acting on a plan: engines, images, the registry, sessions, stages and services, and the order
//! in which they are taken. Decisions are made in `spcs-plan`; nothing here builds DDL.

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
