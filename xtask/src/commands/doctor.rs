//! `doctor`: checks this machine and the target, and says how to fix problems.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use spcs_apply::build::BuildState;
use spcs_apply::error::Kind;
use spcs_plan::config::Target as Config;

use crate::console::Table;
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::password;
use crate::platform;
use crate::target::{self, Platform, Target};

#[derive(Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    detail: String,
    #[serde(skip)]
    kind: Kind,
}

pub(crate) async fn run(context: &Context) -> Result<()> {
    let checks = checks(context).await;
    let mut table = Table::new(&["check", "state", "detail"]);
    for check in &checks {
        let mut lines = check.detail.lines().filter(|line| !line.is_empty());
        table.row([check.what, if check.ok { "ok" } else { "failed" }, lines.next().unwrap_or("")]);
        for line in lines {
            table.row(["", "", line]);
        }
    }
    context.console.data(&json!({"checks": checks}), table.render())?;
    match checks.iter().filter(|check| !check.ok).collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        wrong @ [first, ..] => {
            let names: Vec<_> = wrong.iter().map(|check| check.what).collect();
            Err(Failure::new(first.kind, format!("failed checks: {}", names.join(", "))).into())
        }
    }
}

async fn checks(context: &Context) -> Vec<Check> {
    let files = target::files(context);
    let project = files.as_ref().ok().map(|files| files.project.clone());
    let mut checks = vec![check(
        "project files",
        files
            .as_ref()
            .map(|files| {
                let stale = files.images.values().filter(|s| matches!(s, BuildState::Stale { .. }));
                format!(
                    "well-formed; {} of {} images have to be built",
                    stale.count(),
                    files.images.len()
                )
            })
            .map_err(|error| anyhow::anyhow!("{}", failure::render(error))),
    )];
    let Some(project) = project else {
        checks[0].kind = Kind::Input;
        return checks;
    };
    checks.push(check("container engine", engine(context, &project).await));
    checks.push(check("user's password", user_password(context, &project)));
    checks.push(check("target", reach(context, &project, files).await));
    checks
}

async fn engine(context: &Context, project: &spcs_plan::Project) -> Result<String> {
    let engine = spcs_apply::engine::detect(context.engine(project)?, &context.work_dir()?);
    let engine = engine.map_err(spcs_apply::Error::from)?;
    let found = format!("{} ({})", engine.version, engine.program.display());
    // An engine that cannot be asked fails later with a reason of its own.
    let exposure = spcs_local::exposure(platform::engine_command(&engine)).await;
    Ok(match exposure.ok().flatten() {
        Some(open) => format!("{found}\n{open}"),
        None => found,
    })
}

fn user_password(context: &Context, project: &spcs_plan::Project) -> Result<String> {
    Ok(match password::find(&target::password_file(context, project)?)? {
        None => "none here; deploy generates one when it creates the user".to_owned(),
        Some(found) => match found.place {
            password::Place::Environment => format!("in the variable {}", password::VARIABLE),
            password::Place::File(file) => format!("in {}", file.display()),
        },
    })
}

async fn reach(
    context: &Context,
    project: &spcs_plan::Project,
    files: Result<target::Files>,
) -> Result<String> {
    if let Config::Local(local) = project.target(context.target())? {
        let state_dir = context.root()?.join(&local.state_dir);
        if platform::running(&state_dir).await?.is_none() {
            return Ok("the local platform does not run; deploy starts it".to_owned());
        }
    }
    let target = Target::reach(context, files?, Platform::MustRun).await?;
    target.sessions.observer(&target.project).await?;
    Ok(format!("logged in at {} as {}", target.connection().url, target.connection().user))
}

fn check(what: &'static str, result: Result<String>) -> Check {
    match result {
        Ok(detail) => Check { what, ok: true, detail, kind: Kind::Internal },
        Err(error) => {
            let kind = failure::kind(&error);
            Check { what, ok: false, detail: failure::render(&error), kind }
        }
    }
}
