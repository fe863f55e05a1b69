//! The registry and the ingress proxy, seen from outside: real sockets, a made-up catalog.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod catalog;
mod client;
mod ingress;
mod ingress_streams;
mod registry;
mod registry_names;
mod registry_uploads;
mod skopeo;
mod upstream;
