//! The binary as a process: against the local platform, with its exit codes and its output.

mod adding;
mod checking;
mod command_line;
#[path = "../demo.rs"]
mod demo;
mod deploying;
mod editing;
mod end_to_end;
mod installing;
mod interrupting;
mod mistakes;
mod output;
mod project;
mod sandbox;
mod side_by_side;
mod stranger;
mod third_parties;
