//! The registry from outside: real sockets, a made-up account, and skopeo.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod accounts;
mod client;
mod http;
mod images;
mod names;
mod skopeo;
mod uploads;
