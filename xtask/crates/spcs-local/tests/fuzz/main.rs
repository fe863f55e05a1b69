//! Fuzzes a running platform over its sockets, with fake containers.
//!
//! No request may make the platform panic, answer with a status of 500 or more, or take longer than
//! two seconds. This is a test binary of its own because panics of all threads count.

#![expect(clippy::unwrap_used, reason = "a test fails on an unexpected error")]

mod account;
mod application;
mod ingress;
mod registry;
mod requests;
mod stage;
mod statements;
mod variables;
mod wire;
