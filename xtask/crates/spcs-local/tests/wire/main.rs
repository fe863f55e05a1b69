//! The platform over its wire, with containers that are only pretended.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod client;
mod guide;
mod identity;
mod lists;
mod persistence;
mod privileges;
mod secrets;
mod services;
mod sessions;
mod stage;
mod system;
