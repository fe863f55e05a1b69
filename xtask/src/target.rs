//! A target that is ready to be observed or changed: files rendered, platform running.

mod local;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use spcs_apply::account::{AccountError, Connection, Session, connection};
use spcs_apply::build::BuildState;
use spcs_apply::execute::{self, Outcome, Run, Sessions};
use spcs_apply::secret::Secrets;
use spcs_plan::config::Target as Config;
use spcs_plan::{Desired, Observed, Plan, Project};

use crate::console::StepLines;
use crate::context::Context;
use crate::password::Password;
use crate::platform;

pub(crate) use local::start_platform;

/// The limit of each wait in commands without `--timeout`.
const DEFAULT_LIMIT: Duration = Duration::from_secs(600);

/// The project's files, rendered for one target. The target has not been contacted yet.
pub(crate) struct Files {
    pub(crate) project: Project,
    /// The desired state.
    pub(crate) desired: Desired,
    /// The build state of each image.
    pub(crate) images: BTreeMap<String, BuildState>,
}

/// A target that can be reached.
pub(crate) struct Target<'a> {
    context: &'a Context,
    pub(crate) project: Project,
    /// The desired state of the target.
    pub(crate) desired: Desired,
    images: BTreeMap<String, BuildState>,
    connection: Connection,
    /// The sessions for observation.
    pub(crate) sessions: Sessions,
}

/// What to do if the local platform is not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Start,
    /// Fail.
    MustRun,
}

/// Reads and renders the project's files, and reports every mistake in them.
pub(crate) fn files(context: &Context) -> Result<Files> {
    let project = context.project()?;
    let target = context.target();
    let requests = execute::requests(&project, target, &context.root()?, &context.work_dir()?)?;
    let images = execute::states(&requests)?;
    let desired = spcs_plan::desired(&project, target, &execute::planned(&images))?;
    Ok(Files { project, desired, images })
}

/// Checks that every wanted image that needs building can be built, before a target is changed.
pub(crate) fn ready_to_build(
    context: &Context,
    files: &Files,
    wanted: impl Fn(&str) -> bool,
) -> Result<()> {
    let (root, work_dir) = (context.root()?, context.work_dir()?);
    let requests = execute::requests(&files.project, context.target(), &root, &work_dir)?;
    let stale = |image: &str| matches!(files.images.get(image), Some(BuildState::Stale { .. }));
    let stale: Vec<_> =
        requests.values().filter(|image| stale(&image.name) && wanted(&image.name)).collect();
    if !stale.is_empty() {
        execute::ready_to_build(context.engine(&files.project)?, &work_dir, &stale)?;
    }
    Ok(())
}

/// The state directory, if the target is a local platform.
pub(crate) fn state_dir(context: &Context, project: &Project) -> Result<Option<PathBuf>> {
    match project.target(context.target())? {
        Config::Local(local) => Ok(Some(context.root()?.join(&local.state_dir))),
        Config::Snowflake(_) => Ok(None),
    }
}

/// The file of the user's password.
pub(crate) fn password_file(context: &Context, project: &Project) -> Result<PathBuf> {
    Ok(match project.target(context.target())?.password_file() {
        Some(file) => context.root()?.join(file),
        None => context.work_dir()?.join(context.target()).join("user_password"),
    })
}

/// Prepares the run of a plan. Without a connection it can execute only steps that need no target.
pub(crate) fn new_run(
    context: &Context,
    files: Files,
    connection: Option<Connection>,
) -> Result<Run> {
    Ok(Run {
        engine: context.engine(&files.project)?,
        project: files.project,
        desired: files.desired,
        images: files.images,
        target: context.target().to_owned(),
        root: context.root()?,
        work_dir: context.work_dir()?,
        connection,
        secrets: Secrets::none(),
        secret_sent: Arc::new(|| {}),
        timeout: DEFAULT_LIMIT,
        cancel: context.cancel.clone(),
        watcher: Arc::new(StepLines::new(&context.console)),
    })
}

/// Executes a plan and reports the number of changes.
pub(crate) async fn execute_plan(
    context: &Context,
    run: Run,
    plan: &Plan,
    observed: Observed,
) -> Result<Outcome> {
    let outcome = execute::execute(run, plan, observed).await?;
    match outcome.changes().count() {
        0 => context.console.say("nothing changed: everything is as the files ask"),
        1 => context.console.say("1 step changed something"),
        changes => context.console.say(format!("{changes} steps changed something")),
    }
    Ok(outcome)
}

impl<'a> Target<'a> {
    /// Renders the files, then connects to the target.
    pub(crate) async fn open(context: &'a Context, platform: Platform) -> Result<Target<'a>> {
        let files = files(context)?;
        Target::reach(context, files, platform).await
    }

    /// Connects to the target of rendered files.
    pub(crate) async fn reach(
        context: &'a Context,
        files: Files,
        platform: Platform,
    ) -> Result<Target<'a>> {
        let Files { project, desired, images } = files;
        let connection = match project.target(context.target())? {
            Config::Snowflake(target) => connection::from_snowflake(target.connection.as_deref()),
            Config::Local(local) => {
                let state_dir = context.root()?.join(&local.state_dir);
                match platform {
                    Platform::Start => drop(start_platform(context, &project, local).await?),
                    Platform::MustRun => drop(platform::expect_running(&state_dir).await?),
                }
                connection::local(&platform::status_file(&state_dir))
            }
        }
        .map_err(spcs_apply::Error::from)?;
        let sessions = Sessions::new(connection.clone());
        Ok(Target { context, project, desired, images, connection, sessions })
    }

    /// Reads the state of the target.
    pub(crate) async fn observe(&self) -> Result<Observed> {
        self.observe_with(spcs_apply::observe::observe).await
    }

    /// Reads the state of the target and the objects of others in the deployment's database.
    pub(crate) async fn observe_for_clean(&self) -> Result<Observed> {
        self.observe_with(spcs_apply::observe::observe_for_clean).await
    }

    async fn observe_with(
        &self,
        observe: impl AsyncFn(&Session, &Desired) -> Result<Observed, AccountError>,
    ) -> Result<Observed> {
        let session = self.sessions.observer(&self.project).await?;
        let observed = observe(&session, &self.desired).await;
        self.sessions.give_back(session);
        let doing = || format!("reading the state of the target `{}`", self.context.target());
        Ok(observed.map_err(|source| spcs_apply::Error::Account { doing: doing(), source })?)
    }

    /// Executes a plan and reports the number of changes.
    pub(crate) async fn execute(
        &self,
        plan: &Plan,
        observed: Observed,
        password: Option<&Password>,
        timeout: Option<Duration>,
    ) -> Result<Outcome> {
        let files = Files {
            project: self.project.clone(),
            desired: self.desired.clone(),
            images: self.images.clone(),
        };
        let mut run = new_run(self.context, files, Some(self.connection.clone()))?;
        if let Some(password) = password {
            run.secrets = password.secrets();
            run.secret_sent = password.mark_when_sent();
        }
        run.timeout = timeout.unwrap_or(DEFAULT_LIMIT);
        execute_plan(self.context, run, plan, observed).await
    }

    /// The connection to the target.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The full name of the service with this key in `spcs.toml`.
    pub(crate) fn service(&self, key: &str) -> Result<String> {
        if let Some(service) = self.desired.services.get(key) {
            return Ok(service.name.clone());
        }
        let known: Vec<&str> = self.desired.services.keys().map(String::as_str).collect();
        Err(crate::failure::Failure::new(
            spcs_apply::error::Kind::Input,
            format!("there is no service `{key}` in spcs.toml"),
        )
        .hint(format!("choose one of {}", known.join(", ")))
        .into())
    }
}
