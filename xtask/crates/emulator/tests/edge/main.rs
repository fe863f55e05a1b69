//! The registry and the ingress proxy, seen from outside: real sockets, a made-up catalog.

mod catalog;
mod client;
mod registry;
mod registry_names;
mod registry_uploads;
mod skopeo;
