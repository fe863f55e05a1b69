//! `verify`: runs the notebook through the public endpoint as the deployment's user.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use spcs_apply::account::{AccountError, Auth, RestSession};
use spcs_apply::error::Kind;
use spcs_apply::observe;
use spcs_apply::secret::Secret;

use crate::cli::Verify;
use crate::commands::open::public_url;
use crate::context::Context;
use crate::failure::Failure;
use crate::notebook::{Answer, Jupyter, Kernel, Notebook};
use crate::password;
use crate::target::{self, Platform, Target};

const NOTEBOOK: &str = "TestMilvus.ipynb";

/// The expected answer to "Who started AI research?".
const EXPECTED: &str = "Alan Turing was the first person to conduct substantial research in AI.";

/// A lower score means that the vectors do not come from the model, even if the ranking is right.
const LOWEST_SCORE: f64 = 0.6;

pub(crate) async fn run(context: &Context, args: Verify) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let url = public_url(&target, "verify", target.desired.verified.as_ref()).await?;
    let token = user_token(context, &target).await?;
    context.console.say(format!("running {NOTEBOOK} at {url}"));
    let jupyter = Jupyter::open(&url, &token).await?;
    let mut notebook = jupyter.notebook(NOTEBOOK).await?;
    let mut kernel = jupyter.start_kernel(NOTEBOOK).await?;
    let ran = tokio::select! {
        ran = run_cells(context, &mut notebook, &mut kernel, args.timeout) => ran,
        () = context.cancel.cancelled() => Err(Failure::new(Kind::Interrupted, "interrupted").into()),
    };
    let stopped = jupyter.stop_kernel(&kernel.id).await;
    let file = context.work_dir()?.join(context.target()).join("TestMilvus.executed.ipynb");
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    fs_err::write(&file, notebook.to_text()?)?;
    let answer = match ran.and_then(|()| check(&notebook)) {
        Ok(answer) => answer,
        Err(error) => return Err(with_cause(&target, error).await),
    };
    stopped?;
    let Answer { score, sentence } = &answer;
    context.console.say(format!("the executed notebook is {}", file.display()));
    let document = json!({"url": url, "sentence": sentence, "score": score, "notebook": file});
    context.console.data(&document, format!("{sentence}\nscore: {score:.4}\n"))
}

/// Gets an ingress token with the user's password.
async fn user_token(context: &Context, target: &Target<'_>) -> Result<Secret> {
    let file = target::password_file(context, &target.project)?;
    let password = password::find(&file)?.ok_or_else(|| {
        let message = format!("the user's password is not known here: not in `{}`", file.display());
        Failure::new(Kind::Input, message).hint(format!(
            "set {}, or set a new password: `cargo xtask sql password`",
            password::VARIABLE
        ))
    })?;
    let deployment = &target.project.config.deployment;
    let mut connection = target.connection().clone();
    connection.user = deployment.user.to_string();
    connection.auth = Auth::Password(password.value);
    connection.role = Some(deployment.role.to_string());
    connection.warehouse = None;
    let doing = |what: &str| format!("{what} as {}", deployment.user);
    let session = RestSession::open(&connection, Some(&deployment.role)).await;
    let failed = |what: &str, source| spcs_apply::Error::Account { doing: doing(what), source };
    let session = session.map_err(|source| {
        let refused = matches!(source, AccountError::Login { .. });
        let error = anyhow::Error::new(failed("logging in", source));
        if !refused {
            return error;
        }
        let message = format!("the password of {} is refused", deployment.user);
        error.context(
            Failure::new(Kind::Connection, message)
                .hint("`cargo xtask sql password` gives the user the password that is kept here"),
        )
    })?;
    let issued = session.issue().await;
    let issued = issued.map_err(|source| failed("asking for an ingress token", source))?;
    Ok(issued.token)
}

async fn run_cells(
    context: &Context,
    notebook: &mut Notebook,
    kernel: &mut Kernel,
    limit: Duration,
) -> Result<()> {
    for (cell, source) in notebook.code() {
        let name = notebook.name(cell);
        let ran = kernel
            .run(&source, limit)
            .await
            .map_err(|error| error.context(format!("cell {name}")))?;
        notebook.record(cell, ran.count, ran.outputs);
        if let Some(error) = ran.error {
            let (first, traceback) = error.split_once('\n').unwrap_or((&error, ""));
            context.console.say(if context.console.verbose() > 0 {
                traceback
            } else {
                cell_traceback(traceback)
            });
            let message = format!("cell {name} of {NOTEBOOK} failed: {first}");
            return Err(Failure::new(Kind::Verify, message).into());
        }
        context.console.say(format!("  ran cell {name}"));
    }
    Ok(())
}

/// The part of a traceback that shows the cell, without the library frames that follow.
fn cell_traceback(traceback: &str) -> &str {
    let last = traceback.rfind("Cell In[").map_or(traceback, |at| &traceback[at..]);
    last.split("\n\n").next().unwrap_or(last)
}

fn check(notebook: &Notebook) -> Result<Answer> {
    let wrong = |message: String| Failure::new(Kind::Verify, message);
    let answer = notebook.answer().ok_or_else(|| {
        wrong(format!("{NOTEBOOK} printed no answer such as `0.79  A sentence.`"))
    })?;
    if answer.sentence != EXPECTED {
        let Answer { sentence, score } = &answer;
        return Err(
            wrong(format!("the answer is `{sentence}` ({score:.4}), not `{EXPECTED}`")).into()
        );
    }
    if !(LOWEST_SCORE..=1.001).contains(&answer.score) {
        return Err(wrong(format!("the answer's score is {}, not about 0.79", answer.score)).into());
    }
    Ok(answer)
}

/// Adds the services that are not running, if any: they explain why a cell failed.
async fn with_cause(target: &Target<'_>, error: anyhow::Error) -> anyhow::Error {
    let Ok(session) = target.sessions.observer(&target.project).await else { return error };
    let mut down = Vec::new();
    for service in target.desired.services.values() {
        match observe::service(&session, &service.name).await {
            Ok(Some(state)) if state.status != "RUNNING" => {
                down.push(format!("service {} is {}", service.name, state.status));
            }
            Ok(None) => down.push(format!("service {} does not exist", service.name)),
            _ => {}
        }
    }
    if down.is_empty() {
        return error;
    }
    let kind = crate::failure::kind(&error);
    error.context(Failure::new(kind, down.join(", ")).hint(
        "`cargo xtask status` shows the containers; `cargo xtask deploy` starts what is stopped",
    ))
}
