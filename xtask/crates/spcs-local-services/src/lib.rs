//! The controller that runs services as their deployments specify, and its runtimes: podman or
//! docker containers, or an in-memory fake for tests.

pub mod container_address;
pub mod controller;
mod freebind;
pub mod gate;
pub mod network;
mod resolver;
pub mod runtime;
pub mod service;

pub use runtime::{EngineCommand, EngineKind};
