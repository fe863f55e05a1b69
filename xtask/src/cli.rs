//! The command line: types only. What a command does is in `commands/`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Deploys Milvus and a Jupyter notebook to Snowpark Container Services
///
/// Without a Snowflake account everything runs against a local platform that this program brings
/// with it: it speaks Snowflake's protocol, is an image registry and runs the services as real
/// containers. What is deployed stands in spcs.toml, sql/, specs/ and images/.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    propagate_version = true,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = EXAMPLES,
    after_long_help = LONG_HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask deploy --yes        from nothing to a URL to open
  cargo xtask verify              run the notebook through that URL and check its answer
  cargo xtask plan                what deploy would do, and why
  cargo xtask clean               take it all away again";

const LONG_HELP: &str = "\
Examples:
  cargo xtask deploy --yes                  from nothing to a URL to open, on the local platform
  cargo xtask verify                        run the notebook through that URL, check its answer
  cargo xtask plan                          what deploy would do, and why
  cargo xtask deploy --target snowflake     the same in a Snowflake account (see spcs.toml)
  cargo xtask deploy --format json | jq .url
  cargo xtask logs milvus --follow
  cargo xtask clean                         take it all away again

Output: stdout holds data only (tables, or JSON with --format json); everything for people goes to
stderr, with progress bars on a terminal and plain lines elsewhere.

Exit codes:
  0    done
  1    a defect of this program
  2    wrong usage of the command line
  3    bad input in the project: spcs.toml, sql/, specs/, images/
  4    this machine lacks something: a container engine, a tool, disk space, a free port
  5    the target does not answer, or refuses the login
  6    the target refused a statement, a push or an upload
  7    a wait ran out, or a service failed while it was waited for
  8    verify: the notebook failed, or its answer is not the right one
  9    a confirmation was declined, or could not be asked for
  130  interrupted; run the same command again to go on";

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
    /// Ask nothing: install what is missing, delete what was asked for
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Say more: -v each statement, -vv each request, -vvv everything
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use color and bars (NO_COLOR is honoured)
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

/// The commands: `deploy` is the composition of those from `build` to `endpoints`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build, push, create, wait: from what is there to running services
    ///
    /// Only what changed is rebuilt, pushed and rolled out; run twice, it changes nothing the
    /// second time. Interrupted, it goes on when run again.
    #[command(after_help = "\
Examples:
  cargo xtask deploy --yes
  cargo xtask deploy --format json | jq -r .url
  cargo xtask deploy --target snowflake --timeout 30m")]
    Deploy(Waiting),
    /// Show what deploy would do, and why, without doing it
    #[command(after_help = "\
Examples:
  cargo xtask plan
  cargo xtask plan --format json | jq '.steps[] | select(.change != \"unchanged\").id'")]
    Plan,
    /// Run the notebook through the public endpoint and check its answer
    #[command(after_help = "\
The executed notebook is kept in target/spcs/<target>/TestMilvus.executed.ipynb.

Examples:
  cargo xtask verify
  cargo xtask verify --format json | jq .score")]
    Verify(Verify),
    /// Drop everything that this deployment created, and nothing else
    #[command(after_help = "\
Objects of other deployments and of other people stay: an object is dropped only if its COMMENT
names this deployment. The local platform itself keeps running: see `cargo xtask local`.

Examples:
  cargo xtask clean
  cargo xtask clean --yes")]
    Clean,
    /// Show the services, their containers and endpoints
    Status,
    /// Print what a service's container wrote
    #[command(after_help = "\
Examples:
  cargo xtask logs milvus --lines 20
  cargo xtask logs jupyter --follow
  cargo xtask logs milvus --previous      the run before the last restart")]
    Logs(Logs),
    /// Open the notebook in the browser, or print its URL where there is none
    Open,
    /// Build the container images as OCI layouts
    #[command(after_help = "\
Examples:
  cargo xtask build                  all images, those that are up to date are left alone
  cargo xtask build jupyter")]
    Build(Build),
    /// Run a set of SQL files, or one file
    #[command(after_help = "\
Statements whose effect is already there are not sent.

Examples:
  cargo xtask sql bootstrap
  cargo xtask sql sql/bootstrap/040_database.sql")]
    Sql(Sql),
    /// Push the built images to the account's image repository
    Push,
    /// Put the rendered service specifications on their stage
    Put,
    /// Create or roll the services, and wait until they are ready
    Services(Waiting),
    /// Grant the services' roles
    Grants,
    /// Wait for the public endpoints and print their URLs
    Endpoints(Waiting),
    /// Render and check everything without a target: spcs.toml, sql/, specs/
    Lint,
    /// Say what this machine and the target lack, and how to get it
    Doctor,
    /// Install what this machine lacks (Debian and Ubuntu), or say what to install
    Setup,
    /// Run every check of this repository, containers end to end included
    Ci(Ci),
    /// The local platform: start, stop, status, reset
    Local(Local),
}

/// Options of commands that wait.
#[derive(Debug, Clone, Args)]
pub(crate) struct Waiting {
    /// How long to wait for any one pool, service or endpoint
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// How long any one cell may run
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// Options of `logs`.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The service, as spcs.toml calls it
    pub(crate) service: String,
    /// Go on printing what is written
    #[arg(long, short, conflicts_with = "previous")]
    pub(crate) follow: bool,
    /// How many lines, counted from the end
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) lines: u32,
    /// The container, where a service has more than one
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// The instance
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub(crate) instance: u32,
    /// The run before the last restart
    #[arg(long)]
    pub(crate) previous: bool,
}

/// Options of `build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Images of spcs.toml [default: all]
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
}

/// Options of `sql`.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// A set (a directory of sql/) or one file of it
    #[arg(value_name = "SET|FILE")]
    pub(crate) selection: String,
}

/// Options of `ci`.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Leave out the steps that need containers
    #[arg(long)]
    pub(crate) quick: bool,
}

/// `local` and its parts.
#[derive(Debug, Args)]
pub(crate) struct Local {
    #[command(subcommand)]
    pub(crate) command: LocalCommand,
}

/// What can be done with the local platform.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start it in the background (deploy does so by itself)
    Start,
    /// Stop it; its services keep running and are found again by the next start
    Stop,
    /// Where it listens, and how to point other Snowflake clients at it
    #[command(after_help = "\
Examples:
  cargo xtask local status
  cargo xtask local status --format json | jq -r .url")]
    Status,
    /// Stop it and delete all that it holds: objects, images, stages, containers
    Reset,
    /// Run it in the foreground
    #[command(hide = true)]
    Serve(Serve),
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

/// What runs the services of the local platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Containers, through Podman or Docker.
    Engine,
    /// A simulation without containers.
    Fake,
}

/// Reads `90s`, `10m`, `1h`, or a plain number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("expected a time such as `90s`, `10m` or `1h`".to_owned()),
    };
    match number.parse::<u64>() {
        Ok(number) if number > 0 => Ok(Duration::from_secs(number.saturating_mul(factor))),
        _ => Err("expected a time such as `90s`, `10m` or `1h`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_a_unit_and_are_never_nothing() {
        assert_eq!(duration("90s").unwrap(), duration("90").unwrap());
        assert_eq!(duration("2h").unwrap(), Duration::from_secs(7200));
        for wrong in ["", "0s", "m", "5 d", "-1s"] {
            assert!(duration(wrong).is_err(), "{wrong:?} was taken for a time");
        }
    }
}
