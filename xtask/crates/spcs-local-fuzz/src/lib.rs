//! Runs a test with inputs that are mutated from seeds. Only tests use this crate.
//!
//! It is a crate of its own because none fits: `cargo-fuzz` needs a nightly compiler. `proptest` and
//! `arbitrary` make inputs from a description of the grammar, and without feedback of coverage such
//! inputs rarely differ from real ones in the way in which a parser fails; `bolero` on stable Rust
//! takes random bytes. Real inputs with some changes get deepest into a server. None of them notices
//! a panic in a server's task, or a request without an answer.
//!
//! * `SPCS_FUZZ_CASES` is the number of cases of each target.
//! * `SPCS_FUZZ_SEED` is the number of the first one. A failure prints what repeats its case.

mod http;
mod input;
mod minimise;
mod mutate;
mod panics;
mod random;
mod run;
mod seeds;
mod watch;

pub use http::{Response, exchange};
pub use run::{Target, run, run_with_state};
pub use seeds::{Request, files, requests, statements, words};
