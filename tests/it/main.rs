//! The binary as a process: against the local platform, with its exit codes and its output.

mod end_to_end;
