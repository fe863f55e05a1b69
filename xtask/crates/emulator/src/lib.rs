//! The local platform: Snowflake's wire protocol, an OCI registry, the SPCS statements, real
//! containers and an ingress proxy, in one process that listens on loopback.

pub mod access;
pub mod service;
