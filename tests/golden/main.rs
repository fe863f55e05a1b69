//! What the project's files become, and the rules they keep: no network, no engine, a few seconds.
//!
//! A changed snapshot is a changed deployment: read it before accepting it with
//! `INSTA_UPDATE=always cargo test -p spcs-plan`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "the bans are for the crate, the rules read its files"
)]

mod clean;
mod conflicts;
#[path = "../demo.rs"]
mod demo;
mod deploy;
mod effects;
mod entries;
mod errors;
mod places;
mod rendered;
mod sources;
mod specs;
mod target;
mod tidy;
