//! `logs`: what a container wrote.

use std::time::Duration;

use anyhow::Result;
use deploy::error::Kind;
use deploy::observe;

use crate::cli::Logs;
use crate::context::Context;
use crate::failure::Failure;
use crate::target::{Platform, Target};

/// How often a followed log is asked for.
const PERIOD: Duration = Duration::from_millis(500);

/// The most lines that the platform gives.
const MOST: u32 = 1000;

pub(crate) async fn run(context: &Context, args: Logs) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let service = target.service(&args.service)?;
    let session = target.sessions.observer(&target.project).await?;
    let doing = || format!("reading the log of service {service}");
    let failed = |source| deploy::Error::Session { doing: doing(), source };
    let instance = args.instance.to_string();
    let container = match &args.container {
        Some(container) => container.clone(),
        None => {
            let containers = observe::containers(&session, &service).await.map_err(failed)?;
            let mut names: Vec<&str> = containers
                .iter()
                .filter(|container| container.instance == instance)
                .map(|container| container.name.as_str())
                .collect();
            names.dedup();
            match names.as_slice() {
                [one] => (*one).to_owned(),
                [] => {
                    let message = format!("service {service} has no instance {instance}");
                    let hint = "see `cargo xtask status`";
                    return Err(Failure::new(Kind::Refused, message).hint(hint).into());
                }
                many => {
                    let message = format!("service {service} has several containers");
                    let hint = format!("pass `--container` with one of {}", many.join(", "));
                    return Err(Failure::new(Kind::Input, message).hint(hint).into());
                }
            }
        }
    };
    let read = async |lines, previous| {
        observe::logs(&session, &service, &instance, &container, lines, previous).await
    };
    let mut seen = read(args.lines, args.previous).await.map_err(failed)?;
    print(context, &seen)?;
    let mut follow = args.follow;
    while follow {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = context.cancel.cancelled() => follow = false,
        }
        let now = read(MOST, false).await.map_err(failed)?;
        print(context, news(&seen, &now))?;
        seen = now;
    }
    session.close().await;
    target.sessions.close().await;
    Ok(())
}

fn print(context: &Context, text: &str) -> Result<()> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    context.console.raw(&format!("{text}{end}"))
}

/// The lines of `now` after the last lines of `seen`; all of them if the log started again.
fn news<'t>(seen: &str, now: &'t str) -> &'t str {
    let seen = seen.trim_end_matches('\n');
    if seen.is_empty() {
        return now;
    }
    // The tail of what was seen, as far as the new text still reaches back.
    let mut tail = seen;
    loop {
        if let Some(at) = now.find(tail) {
            return now[at + tail.len()..].trim_start_matches('\n');
        }
        match tail.split_once('\n') {
            Some((_, rest)) if !rest.is_empty() => tail = rest,
            _ => return now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_are_printed_while_following() {
        assert_eq!(news("a\nb\n", "a\nb\nc\n"), "c\n");
        assert_eq!(news("a\nb", "b\nc"), "c");
        assert_eq!(news("a\nb\n", "a\nb\n"), "");
        assert_eq!(news("a\nb\n", "started again\n"), "started again\n");
        assert_eq!(news("", "a\n"), "a\n");
    }
}
