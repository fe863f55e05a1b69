//! `logs`: prints the log of a container.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use spcs_apply::error::Kind;
use spcs_apply::observe;

use crate::cli::Logs;
use crate::console::Reader;
use crate::context::Context;
use crate::failure::Failure;
use crate::target::{Platform, Target};

/// The polling interval of a followed log.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The maximum number of lines that the target returns.
const MAX_LINES: u32 = 1000;

pub(crate) async fn run(context: &Context, args: Logs) -> Result<()> {
    let target = Target::open(context, Platform::MustRun).await?;
    let service = target.service(&args.service)?;
    let session = target.sessions.observer(&target.project).await?;
    let doing = || format!("reading the log of service {service}");
    let failed = |source| spcs_apply::Error::Account { doing: doing(), source };
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
    let about = json!({"service": service, "instance": instance, "container": container});
    let first = if args.follow { MAX_LINES } else { args.lines };
    let mut seen = read(first, args.previous).await.map_err(failed)?;
    let lines = last_lines(&seen, usize::try_from(args.lines)?);
    if !args.follow {
        let mut document = about.clone();
        document["lines"] = json!(lines.lines().collect::<Vec<_>>());
        return context.console.data(&document, lines);
    }
    let mut reader = print_more(context, &about, lines)?;
    let mut follow = true;
    while follow && reader == Reader::Present {
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            () = context.cancel.cancelled() => follow = false,
        }
        let now = read(MAX_LINES, false).await.map_err(failed)?;
        reader = print_more(context, &about, new_lines(&seen, &now))?;
        seen = now;
    }
    Ok(())
}

/// Prints lines of a followed log; as JSON, one document per line.
fn print_more(context: &Context, about: &Value, text: &str) -> Result<Reader> {
    if !context.console.json() {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return context.console.raw(&format!("{text}{end}"));
    }
    let documents = text.lines().map(|line| {
        let mut document = about.clone();
        document["line"] = json!(line);
        format!("{document}\n")
    });
    context.console.raw(&documents.collect::<String>())
}

/// The last `count` lines of a text.
fn last_lines(text: &str, count: usize) -> &str {
    let whole = text.trim_end_matches('\n');
    let start = whole.rmatch_indices('\n').nth(count.saturating_sub(1));
    start.map_or(text, |(at, _)| &text[at + 1..])
}

/// The lines of `now` that follow `seen`, where both are the end of one log. Returns all of `now`
/// if the log was restarted.
///
/// Finds the longest overlap between the end of `seen` and the start of `now`, so that repeated
/// lines are not mistaken for new ones.
fn new_lines<'t>(seen: &str, now: &'t str) -> &'t str {
    let mut overlap = seen.trim_end_matches('\n');
    while !overlap.is_empty() {
        if let Some(rest) = now.strip_prefix(overlap) {
            return rest.strip_prefix('\n').unwrap_or(rest);
        }
        overlap = overlap.split_once('\n').map_or("", |(_, rest)| rest);
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_are_printed_while_following() {
        assert_eq!(new_lines("a\nb\n", "a\nb\nc\n"), "c\n");
        assert_eq!(new_lines("a\nb", "b\nc"), "c");
        assert_eq!(new_lines("a\nb\n", "a\nb\n"), "");
        assert_eq!(new_lines("a\nb\n", "started again\n"), "started again\n");
        assert_eq!(new_lines("", "a\n"), "a\n");
    }

    #[test]
    fn repeated_lines_are_not_printed_twice() {
        assert_eq!(new_lines("tick\ntock\ntick\n", "tick\ntock\ntick\n"), "");
        assert_eq!(new_lines("tick\ntock\ntick\n", "tick\ntock\ntick\ntock\n"), "tock\n");
        assert_eq!(new_lines("a\ntick\ntick\n", "tick\ntick\nb\n"), "b\n");
    }

    #[test]
    fn last_lines_returns_at_most_the_requested_number() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(last_lines("a\nb\nc", 1), "c");
        assert_eq!(last_lines("a\n", 5), "a\n");
        assert_eq!(last_lines("", 5), "");
    }
}
