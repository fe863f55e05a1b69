//! The commands, one file each.

pub(crate) mod build;
pub(crate) mod ci;
pub(crate) mod clean;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod endpoints;
pub(crate) mod grants;
pub(crate) mod lint;
pub(crate) mod local;
pub(crate) mod logs;
pub(crate) mod open;
pub(crate) mod plan;
pub(crate) mod push;
pub(crate) mod put;
pub(crate) mod services;
pub(crate) mod setup;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod verify;
