//! The ingress proxy from outside: real sockets, a made-up account, an application behind it.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod accounts;
#[path = "../../../spcs-local-registry/tests/registry/http.rs"]
mod http_client;
mod sign_in;
mod streams;
mod upstream;
