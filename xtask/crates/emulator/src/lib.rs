//! The local platform: Snowflake's wire protocol, an OCI registry, the SPCS statements, real
//! containers and an ingress proxy, in one process that listens on loopback.

pub mod access;
mod catalog;
mod config;
pub mod controller;
pub mod ingress;
mod kind;
pub mod registry;
pub mod runtime;
pub mod service;
pub mod spec;
mod sql;

pub use config::{EngineCommand, EngineKind, PlatformConfig, RuntimeChoice, Status, Timing};
