//! `build`: builds images as OCI layouts without contacting a target.

use anyhow::Result;
use serde_json::json;
use spcs_apply::error::Kind;
use spcs_plan::{Action, Observed, UserPassword};

use crate::cli;
use crate::commands::setup;
use crate::context::Context;
use crate::failure::Failure;
use crate::remains;
use crate::target;

pub(crate) async fn run(context: &Context, args: cli::Build) -> Result<()> {
    let files = target::files(context)?;
    if let Some(unknown) = args.images.iter().find(|image| !files.images.contains_key(*image)) {
        let known: Vec<&str> = files.images.keys().map(String::as_str).collect();
        let message = format!("there is no image `{unknown}` in spcs.toml");
        let hint = format!("choose one of {}", known.join(", "));
        return Err(Failure::new(Kind::Input, message).hint(hint).into());
    }
    remains::end_builds(context)?;
    setup::install_with_yes(context, &files)?;
    let wanted = |image: &str| args.images.is_empty() || args.images.iter().any(|it| it == image);
    target::ready_to_build(context, &files, wanted)?;
    let plan = spcs_plan::deploy(&files.desired, &Observed::default(), UserPassword::Unknown)?
        .select(|step| matches!(&step.action, Action::Build { image } if wanted(image)));
    let run = target::new_run(context, files, None)?;
    let outcome = target::execute_plan(context, run, &plan, Observed::default()).await?;
    if context.console.json() {
        // Images built by this run have a digest only now.
        let images = spcs_apply::execute::planned(&target::files(context)?.images);
        let document = json!({
            "images": images,
            "changes": outcome.changes().collect::<Vec<_>>(),
            "timings": outcome.steps,
        });
        return context.console.data(&document, "");
    }
    context.console.changes(&outcome)
}
