//! `local`: starts, stops, inspects and resets the local platform.

mod serve;

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use spcs_apply::engine::EngineChoice;
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, Status};
use spcs_plan::config::{LocalTarget, Target as Config};

use crate::cli::{Local, LocalCommand, Runtime};
use crate::context::Context;
use crate::failure::Failure;
use crate::platform;
use crate::remains::{self, Remains};
use crate::target;

pub(crate) async fn run(context: &Context, args: Local) -> Result<()> {
    match args.command {
        LocalCommand::Serve(args) => serve::run(args).await,
        LocalCommand::Gate { socket } => Ok(spcs_local::serve_gate(&socket).await?),
        LocalCommand::Start => start(context).await,
        LocalCommand::Stop => stop(context).await,
        LocalCommand::Status => status(context).await,
        LocalCommand::Reset { images } => reset(context, images).await,
    }
}

async fn start(context: &Context) -> Result<()> {
    let project = context.project()?;
    let local = local_target(context, &project)?;
    let started = target::start_platform(context, &project, local).await?;
    if started.adopted {
        context.console.say(format!("the local platform runs already at {}", started.status.url));
    }
    print(context, &started.status)
}

async fn stop(context: &Context) -> Result<()> {
    let project = context.project()?;
    let state_dir = context.root()?.join(&local_target(context, &project)?.state_dir);
    let stopped = platform::stop(&state_dir).await?;
    context.console.say(if stopped {
        "stopped the local platform; its services keep running, and the next start finds them again"
    } else {
        "the local platform does not run"
    });
    context.console.data(&json!({"stopped": stopped}), "")
}

async fn status(context: &Context) -> Result<()> {
    let project = context.project()?;
    let state_dir = context.root()?.join(&local_target(context, &project)?.state_dir);
    print(context, &platform::expect_running(&state_dir).await?)
}

async fn reset(context: &Context, images: bool) -> Result<()> {
    let project = context.project()?;
    let state_dir = context.root()?.join(&local_target(context, &project)?.state_dir);
    platform::check_removable(&state_dir, &context.root()?)?;
    context.console.say(format!(
        "this deletes every object, image, stage and container of the local platform in `{}`",
        state_dir.display()
    ));
    let remains = if images { remains::find(context, &project)? } else { None };
    if let Some(remains) = &remains {
        remains.announce(context);
    }
    context.console.confirm("delete all of it?")?;
    remains::end_builds(context)?;
    let engine = engine(context, &project, &state_dir)?;
    platform::stop(&state_dir).await?;
    let dir = state_dir.clone();
    tokio::task::spawn_blocking(move || platform::reset(&dir, engine.as_ref())).await??;
    context.console.say("the local platform is gone; `cargo xtask deploy` starts a new one");
    let removed = remains.as_ref().map(Remains::remove).transpose()?.unwrap_or_default();
    remains::report(context, &project)?;
    context.console.data(&json!({"reset": true, "removed_images": removed}), "")
}

fn engine(
    context: &Context,
    project: &spcs_plan::Project,
    state_dir: &Path,
) -> Result<Option<EngineCommand>> {
    if context.local_runtime() == Runtime::Fake {
        return Ok(None);
    }
    let chosen = context.engine(project)?;
    let before = platform::engine_to_reset(state_dir, chosen)?;
    match spcs_apply::engine::detect(before, &context.work_dir()?) {
        Ok(engine) => Ok(Some(platform::engine_command(&engine))),
        // A user who names another engine accepts that the previous one is unavailable.
        Err(error) if chosen != EngineChoice::Auto && chosen != before => {
            context.console.say(format!("note: the objects in that engine remain: {error}"));
            Ok(None)
        }
        Err(error) => Err(spcs_apply::Error::from(error).into()),
    }
}

/// The selected target, which must be a local platform.
fn local_target<'p>(context: &Context, project: &'p spcs_plan::Project) -> Result<&'p LocalTarget> {
    match project.target(context.target())? {
        Config::Local(local) => Ok(local),
        Config::Snowflake(_) => {
            let message = format!(
                "the target `{}` is a Snowflake account, not a local platform",
                context.target()
            );
            Err(Failure::new(Kind::Input, message).hint("leave out `--target`").into())
        }
    }
}

fn print(context: &Context, status: &Status) -> Result<()> {
    let Status { url, host, port, account, user, registry, ingress, state_dir, pid, .. } = status;
    let text = format!(
        "url:        {url}
account:    {account}
user:       {user}
password:   in {file}
registry:   {registry}
ingress:    http://<endpoint>.{ingress}
state:      {state}
process:    {pid}

Other clients, with the password from `cargo xtask local status --format json | jq -r .password`:

  snow sql -q 'SHOW SERVICES' --temporary-connection --host {host} --port {port} --protocol http \\
    --account {account} --user {user}          (the password in SNOWFLAKE_PASSWORD)
  snowflake.connector.connect(host='{host}', port={port}, protocol='http', account='{account}',
    user='{user}', password=…)
  podman login --tls-verify=false {registry} -u {user}
",
        file = platform::status_file(state_dir).display(),
        state = state_dir.display(),
    );
    context.console.data(status, text)
}
