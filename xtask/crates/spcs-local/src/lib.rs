//! The local platform: Snowflake's wire protocol, an OCI registry, the SPCS statements, real
//! containers and an ingress proxy, in one process that listens on loopback.

pub mod access;
mod account;
mod blocking;
mod body_budget;
mod browser_sessions;
mod catalog;
mod clock;
mod config;
mod execute;
pub mod ingress;
mod kind;
mod login_attempts;
mod password;
mod permits;
mod platform;
mod queries;
mod rows;
mod scalar;
mod service_token;
mod session;
mod sql;
mod stage_path;
mod statement;
mod wire;

pub use catalog::OpenError;
pub use config::{IDENTITY_PATH, PlatformConfig, PlatformIdentity, RuntimeChoice, Status, Timing};
pub use platform::{Platform, StartError, has_services, last_engine, reset, start};
pub use spcs_local_files::private::directory as private_directory;
pub use spcs_local_services::gate::{GateCommand, serve_until_stdin_ends as serve_gate};
pub use spcs_local_services::network::nft::find as find_nft;
pub use spcs_local_services::runtime::{exposure, platform_id};
pub use spcs_local_services::{EngineCommand, EngineKind};
