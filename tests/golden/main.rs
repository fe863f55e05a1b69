//! What the project's files become, and the rules they keep: no network, no engine, a few seconds.
//!
//! A changed snapshot is a changed deployment: read it before accepting it with
//! `INSTA_UPDATE=always cargo test -p plan`.

mod clean;
mod deploy;
mod effects;
mod errors;
mod places;
mod rendered;
mod sources;
mod specs;
mod target;
mod tidy;
