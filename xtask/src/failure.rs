//! Maps an error to the message, the hint and the exit code that the user sees.

use std::{fmt, io};

use spcs_apply::error::{Kind, chain};
use spcs_local::StartError;

/// An expected failure that the command line itself detects.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// Creates a failure. The message says what was being done and what failed.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Adds a hint that says what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The kind of an error: that of the first cause that has one.
pub(crate) fn kind(error: &anyhow::Error) -> Kind {
    let attached = error.downcast_ref::<Failure>().map(|failure| failure.kind);
    attached.or_else(|| error.chain().find_map(kind_of)).unwrap_or(Kind::Internal)
}

fn kind_of(cause: &(dyn std::error::Error + 'static)) -> Option<Kind> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.kind);
    }
    if let Some(error) = cause.downcast_ref::<spcs_apply::Error>() {
        return Some(error.kind());
    }
    if cause.is::<spcs_plan::Error>() {
        return Some(Kind::Input);
    }
    // A refusal by the machine (disk space, permissions) is not a defect of this program.
    (cause.is::<StartError>() || cause.is::<io::Error>()).then_some(Kind::Machine)
}

/// The hints of the first cause that has any.
fn hints(error: &anyhow::Error) -> Vec<String> {
    // A failure attached with `context` cannot be downcast from the chain, only from the error.
    let attached = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.clone());
    if let Some(hint) = attached {
        return vec![hint];
    }
    error.chain().map(hints_of).find(|hints| !hints.is_empty()).unwrap_or_default()
}

fn hints_of(cause: &(dyn std::error::Error + 'static)) -> Vec<String> {
    if let Some(error) = cause.downcast_ref::<spcs_apply::Error>() {
        return error.hints();
    }
    hint_of(cause).into_iter().collect()
}

fn hint_of(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return failure.hint.clone();
    }
    if let Some(error) = cause.downcast_ref::<StartError>() {
        return Some(error.hint().to_owned());
    }
    if let Some(error) = cause.downcast_ref::<spcs_plan::Error>() {
        return error.hint().map(str::to_owned);
    }
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    let error = cause.downcast_ref::<io::Error>().filter(|error| full.contains(&error.kind()));
    error.map(|_| {
        "free some space: `df -h` shows which disk is full; then run the command again".to_owned()
    })
}

/// The text for stderr: `error: what: why` with all causes, then `hint: what to do`.
pub(crate) fn render(error: &anyhow::Error) -> String {
    let mut text = format!("error: {}", chain(error.as_ref()));
    let hints = hints(error);
    if !hints.is_empty() {
        text.push('\n');
    }
    for hint in hints {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use spcs_apply::account::AccountError;
    use spcs_apply::engine::EngineError;

    use super::*;

    #[test]
    fn a_full_disk_and_a_running_platform_are_machine_failures() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = anyhow::Error::new(full).context("keeping the notebook");
        assert_eq!(kind(&error), Kind::Machine);
        assert!(render(&error).contains("hint: free some space"), "{}", render(&error));
        let running = StartError::AlreadyRunning { state_dir: "state".into() };
        let error = anyhow::Error::new(running).context("resetting the local platform");
        assert_eq!(kind(&error), Kind::Machine);
        assert!(render(&error).contains("hint: stop it first"), "{}", render(&error));
    }

    #[test]
    fn a_failure_attached_as_context_sets_the_kind_and_the_hint() {
        let cause = std::io::Error::other("the disk is on fire");
        let failure = Failure::new(Kind::Machine, "writing it").hint("put it out");
        let error = anyhow::Error::new(cause).context(failure);
        assert_eq!(kind(&error), Kind::Machine);
        let text = "error: writing it: the disk is on fire\n\nhint: put it out";
        assert_eq!(render(&error), text);
    }

    /// The chain is a context, an error with a hint, and a cause below it.
    #[test]
    fn a_hint_from_the_middle_of_a_chain_is_printed_last_and_once() {
        let full = "write layer.tar: no space left on device";
        let source = EngineError::Settings(io::Error::other(full));
        let session = AccountError::Lost {
            connection: "dev".into(),
            request: "SHOW ROLES".into(),
            problem: "the connection was closed".into(),
            query_id: None,
        };
        let doing = "reading the state".to_owned();
        let lost = spcs_apply::Error::Account { doing, source: session };
        let failures = vec![lost, source.into(), spcs_apply::Error::Interrupted];
        let steps = spcs_apply::Error::Steps { failures, not_started: 2 };
        assert_eq!(
            render(&anyhow::Error::new(steps).context("deploying")),
            "error: deploying: \
             reading the state: dev gave no valid answer to `SHOW ROLES`: the connection was closed\n\
             could not keep the settings that the container engine needs here: \
             write layer.tar: no space left on device\n\
             interrupted: what was running has ended, nothing more was started\n\
             (2 steps after it were not started)\n\n\
             hint: run the command again; what is done stays done\n\
             hint: run the same command again to continue"
        );
        let refused = Failure::new(Kind::Connection, "the password is refused").hint("set it");
        let cause = anyhow::Error::new(io::Error::other("the account says no"));
        let error = cause.context(refused).context("logging in");
        assert_eq!(
            render(&error),
            "error: logging in: the password is refused: the account says no\n\nhint: set it"
        );
    }
}
