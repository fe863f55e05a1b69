//! Flags that every command accepts, and their values.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// Flags that every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The target of spcs.toml to work on
    #[arg(long, global = true, env = "SPCS_TARGET", value_name = "NAME")]
    pub(crate) target: Option<String>,
    /// The container engine to build and run with [default: the target's, else the first that works]
    #[arg(long, global = true, env = "SPCS_ENGINE", value_name = "ENGINE")]
    pub(crate) engine: Option<Engine>,
    /// How data is written to stdout
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Answer yes to every question: install missing packages, drop what the command lists
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Print more: -v each statement, -vv each request, -vvv everything
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use color and bars (NO_COLOR works too)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// What runs the local platform's services: containers, or a simulation for tests
    #[arg(
        long,
        global = true,
        value_name = "RUNTIME",
        env = "SPCS_LOCAL_RUNTIME",
        default_value = "engine",
        hide = true
    )]
    pub(crate) local_runtime: Runtime,
    /// The directory that holds spcs.toml [default: found from here upwards]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) project_dir: Option<PathBuf>,
}

/// A container engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// Podman if it works, else Docker.
    Auto,
    /// Podman.
    Podman,
    /// Docker.
    Docker,
}

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people.
    Text,
    /// One JSON document.
    Json,
}

/// When output is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What runs the services of the local platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Containers, through Podman or Docker.
    Engine,
    /// A simulation without containers.
    Fake,
}
