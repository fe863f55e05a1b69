//! The services' controller and its runtimes: it keeps services as their deployments say, in
//! containers of podman or docker, or in memory for tests.

pub mod controller;
pub mod runtime;
pub mod service;

pub use runtime::{EngineCommand, EngineKind};
