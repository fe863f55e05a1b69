//! The arguments of `local` and its subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Engine;

/// `local` and its subcommands.
#[derive(Debug, Args)]
pub(crate) struct Local {
    #[command(subcommand)]
    pub(crate) command: LocalCommand,
}

/// What can be done with the local platform.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start it in the background (deploy does this automatically)
    Start,
    /// Stop it; its services keep running, and the next start finds them again
    Stop,
    /// Show where it listens, and how to point other Snowflake clients at it
    #[command(after_help = "\
Examples:
  cargo xtask local status
  cargo xtask local status --format json | jq -r .url")]
    Status,
    /// Stop it and delete everything in it: objects, images, stages, containers
    Reset {
        /// Remove the images that this checkout has built from the container engine, too
        #[arg(long)]
        images: bool,
    },
    /// Run it in the foreground
    #[command(hide = true)]
    Serve(Serve),
    /// Connect the platform to containers in the network namespace that this is run in
    #[command(hide = true)]
    Gate {
        /// The unix socket to listen on
        socket: PathBuf,
    },
}

/// Options of `local serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where its state is
    #[arg(long)]
    pub(crate) state_dir: PathBuf,
    /// The loopback port
    #[arg(long)]
    pub(crate) port: u16,
    /// The engine's kind; without one the services are simulated
    #[arg(long, requires = "engine_program")]
    pub(crate) engine_kind: Option<Engine>,
    /// The engine's executable
    #[arg(long)]
    pub(crate) engine_program: Option<PathBuf>,
    /// Variables for the engine, `NAME=VALUE`
    #[arg(long)]
    pub(crate) engine_env: Vec<String>,
}
