//! Snapshot tests of rendered files and plans, and the tidy rules of the repository. They need no
//! network and no container engine, and take a few seconds.
//!
//! A changed snapshot means a changed deployment: read it before accepting it with
//! `INSTA_UPDATE=always cargo test -p spcs-plan`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(
    clippy::disallowed_methods,
    reason = "the tidy rules read files; the bans apply to the crate"
)]

mod clean;
mod conflicts;
#[path = "../demo.rs"]
mod demo;
mod deploy;
mod effects;
mod entries;
mod errors;
mod lint;
mod placement;
mod rendered;
mod sources;
mod specs;
mod target;
mod tidy;
