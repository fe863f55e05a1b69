//! The platform over its wire, with containers that are only pretended.

mod client;
mod guide;
mod persistence;
mod privileges;
mod sessions;
mod stage;
