//! Tests of the ingress proxy over real sockets, with a fake account and application.

#![expect(clippy::unwrap_used, reason = "a test fails on an unexpected error")]

mod accounts;
#[path = "../../../spcs-local-registry/tests/registry/http.rs"]
mod http_client;
mod origins;
mod sign_in;
mod streams;
mod upstream;
