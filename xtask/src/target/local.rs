//! Starts the local platform for the commands that need it.

use anyhow::Result;
use spcs_plan::Project;
use spcs_plan::config::{LocalTarget, Port};

use crate::cli::Runtime;
use crate::context::Context;
use crate::platform::{self, Start};

/// Starts the local platform of a project, or adopts the running one.
pub(crate) async fn start_platform(
    context: &Context,
    project: &Project,
    local: &LocalTarget,
) -> Result<platform::Started> {
    let state_dir = context.root()?.join(&local.state_dir);
    let choice = match context.local_runtime() {
        Runtime::Fake => None,
        Runtime::Engine => {
            Some(platform::engine_to_start(&state_dir, context.engine(project)?).await?)
        }
    };
    let started = platform::start(&state_dir, async || {
        let engine = match choice {
            None => None,
            Some(choice) => {
                let work_dir = context.work_dir()?;
                let found = tokio::task::spawn_blocking(move || {
                    spcs_apply::engine::detect(choice, &work_dir)
                });
                let engine = found.await?.map_err(spcs_apply::Error::from)?;
                Some(platform::engine_command(&engine))
            }
        };
        let verbose = context.console.verbose();
        let port = match local.port {
            Port::Fixed(port) => port.get(),
            Port::Auto => 0,
        };
        Ok(Start { state_dir: state_dir.clone(), port, engine, verbose })
    })
    .await?;
    if !started.adopted {
        context.console.say(format!("started the local platform at {}", started.status.url));
    } else if started.other_build {
        context.console.say(
            "note: the local platform runs another build of this program; `cargo xtask local stop` lets the next command start this one",
        );
    }
    Ok(started)
}
