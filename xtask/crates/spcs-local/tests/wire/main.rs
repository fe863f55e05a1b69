//! Tests of the platform over its wire protocol, with fake containers.

#![allow(clippy::unwrap_used, reason = "a test fails on an unexpected error")]

mod client;
mod containers;
mod guide;
mod identity;
mod killed;
mod limits;
mod lists;
mod names;
mod passwords;
mod persistence;
mod power_loss;
mod privileges;
mod secrets;
mod services;
mod sessions;
mod slow;
mod stage;
mod system;
mod web_pages;
