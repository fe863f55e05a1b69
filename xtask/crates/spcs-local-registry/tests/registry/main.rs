//! Tests of the registry over real sockets, with a fake account, and with skopeo.

#![expect(clippy::unwrap_used, reason = "an error fails the test")]

mod accounts;
mod auth;
mod http;
mod images;
mod server;
mod skopeo;
mod uploads;
