//! The types of the command line. The commands are in `commands/`.

mod global;
mod local;
mod options;

use clap::{Parser, Subcommand};

pub(crate) use global::{Color, Engine, Format, Global, Runtime};
pub(crate) use local::{Local, LocalCommand, Serve};
pub(crate) use options::{Build, Ci, Lint, Logs, Sql, Verify, Waiting};

/// Deploys Milvus and a Jupyter notebook to Snowpark Container Services
///
/// Without a Snowflake account everything runs against a local platform that this program brings
/// with it: it speaks Snowflake's protocol, is an image registry and runs the services as real
/// containers. The deployment is described by spcs.toml, sql/, specs/ and images/.
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
  cargo xtask clean               remove it all again";

const LONG_HELP: &str = "\
Examples:
  cargo xtask deploy --yes                  from nothing to a URL to open, on the local platform
  cargo xtask verify                        run the notebook through that URL, check its answer
  cargo xtask plan                          what deploy would do, and why
  cargo xtask deploy --target snowflake     the same in a Snowflake account (see spcs.toml)
  cargo xtask deploy --format json | jq .url
  cargo xtask logs milvus --follow
  cargo xtask clean                         remove it all again

Output: stdout has only data (tables, or JSON with --format json); messages go to stderr, with progress bars on a terminal and plain lines elsewhere.

Exit codes:
  0    done
  1    a defect of this program
  2    wrong usage of the command line
  3    bad input in the project: spcs.toml, sql/, specs/, images/
  4    this machine lacks something: a container engine, a tool, disk space, a free port
  5    the target does not answer or refuses the login
  6    the target refused a statement, a push or an upload
  7    a wait timed out, or a service failed during it
  8    verify: the notebook failed or gave a wrong answer
  9    a confirmation was declined, or there was no terminal to ask at
  130  interrupted; run the same command again to continue";

/// The commands. `deploy` runs everything from `build` to `endpoints`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build and push the images, create the services and wait until they run
    ///
    /// Only what changed is rebuilt, pushed and rolled out; a second run changes nothing. After an
    /// interruption, run it again: it continues where it stopped.
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
    /// Print the log of a service's container
    #[command(after_help = "\
With --format json: one document with all lines; with --follow, one document for each line.

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
  cargo xtask build                  all images that are not up to date
  cargo xtask build jupyter")]
    Build(Build),
    /// Run a set of SQL files, or one file
    #[command(after_help = "\
Statements that would change nothing are not sent.

Examples:
  cargo xtask sql bootstrap
  cargo xtask sql sql/bootstrap/080_database.sql")]
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
    ///
    /// Judges specs and SQL by rules of Snowflake's documents; docs/lint.md lists them. With --target,
    /// only that target counts: the local platform supports less than an account.
    #[command(after_help = "\
Examples:
  cargo xtask lint
  cargo xtask lint --target snowflake --sarif target/lint.sarif
  cargo xtask lint --format json | jq .findings")]
    Lint(Lint),
    /// Check this machine and the target, and say how to fix what is wrong
    Doctor,
    /// Install missing packages (Debian and Ubuntu), or say what to install
    Setup,
    /// Run every check of this repository, containers end to end included
    Ci(Ci),
    /// Start, stop, inspect or reset the local platform
    Local(Local),
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
    fn every_file_named_in_a_help_text_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut named = 0;
        for command in Cli::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            for file in help.split_whitespace().filter(|word| word.starts_with("sql/")) {
                named += 1;
                let file = file.trim_end_matches(['.', ',', ')']);
                assert!(root.join(file).exists(), "{file} of `{}`", command.get_name());
            }
        }
        assert!(named > 0, "no example names a file");
    }
}
