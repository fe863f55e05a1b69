//! Runs the `xtask` binary against the local platform and checks its exit codes and output.

mod ci;
mod command_line;
mod concurrent;
#[path = "../demo.rs"]
mod demo;
mod deploying;
mod editing;
mod end_to_end;
mod interrupting;
mod lint;
mod mistakes;
mod output;
mod private_files;
mod project;
mod sandbox;
mod setup;
mod sql_client;
mod third_parties;
mod third_service;
