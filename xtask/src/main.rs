//! `cargo xtask`: parses the command line and runs the command.

mod cli;
mod commands;
mod console;
mod context;
mod failure;
mod ingress;
mod logging;
mod notebook;
mod password;
mod phase;
mod platform;
mod remains;
mod target;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use context::Context;

fn main() -> ExitCode {
    // First: no other thread exists yet, and no child process may inherit the password.
    password::take_from_environment();
    let cli = Cli::parse();
    let context = Context::new(cli.global);
    logging::start(&context.console);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            context.console.say(format!("error: starting the threads of this program: {error}"));
            return ExitCode::from(spcs_apply::error::Kind::Machine.exit_code());
        }
    };
    let result = runtime.block_on(run(&context, cli.command));
    // A blocking read from the terminal or a child process must not delay the exit.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            context.console.say(failure::render(&error));
            ExitCode::from(failure::kind(&error).exit_code())
        }
    }
}

async fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    use commands::*;
    context.stop_on_interrupt();
    // `local` and `ci` handle SIGTERM themselves: they have more to shut down.
    if !matches!(command, Command::Local(_) | Command::Ci(_)) {
        context.exit_on_termination();
    }
    match command {
        Command::Deploy(args) => deploy::run(context, args).await,
        Command::Plan => plan::run(context).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Clean => clean::run(context).await,
        Command::Status => status::run(context).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Open => open::run(context).await,
        Command::Build(args) => build::run(context, args).await,
        Command::Sql(args) => sql::run(context, args).await,
        Command::Push => push::run(context).await,
        Command::Put => put::run(context).await,
        Command::Services(args) => services::run(context, args).await,
        Command::Grants => grants::run(context).await,
        Command::Endpoints(args) => endpoints::run(context, args).await,
        Command::Lint(args) => lint::run(context, &args),
        Command::Doctor => doctor::run(context).await,
        Command::Setup => setup::run(context),
        Command::Ci(args) => ci::run(context, args).await,
        Command::Local(args) => local::run(context, args).await,
    }
}
