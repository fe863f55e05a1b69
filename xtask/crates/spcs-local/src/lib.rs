//! The local platform: Snowflake's wire protocol, an OCI registry, the SPCS statements, real
//! containers and an ingress proxy, in one process that listens on loopback.

mod absent;
pub mod access;
mod account;
mod catalog;
mod clock;
mod config;
pub mod controller;
mod durable;
mod execute;
pub mod ingress;
mod kind;
mod password;
mod platform;
pub mod registry;
mod rows;
pub mod runtime;
pub mod service;
mod session;
pub mod spec;
mod sql;
mod stages;
mod statement;
mod wire;

pub use config::{EngineCommand, EngineKind, PlatformConfig, RuntimeChoice, Status, Timing};
pub use platform::{LastEngine, Platform, StartError, last_engine, reset, start};
