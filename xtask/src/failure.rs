//! From an error to what the user sees: the message, the hint and the exit code.

use std::{fmt, io};

use spcs_apply::error::Kind;
use spcs_local::StartError;

/// An expected failure found by the command line program itself.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure of some kind: what was being done and what failed.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The same with what to do next.
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

/// What sort of failure an error is: the first cause that knows decides.
pub(crate) fn kind(error: &anyhow::Error) -> Kind {
    // A failure that was attached as context is not of its own type in the chain.
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
    // What the machine refused (room, permission) is no defect of the program.
    (cause.is::<StartError>() || cause.is::<io::Error>()).then_some(Kind::Machine)
}

/// What to do next, if one of the causes knows.
fn hint(error: &anyhow::Error) -> Option<String> {
    let attached = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.clone());
    let in_chain = || error.chain().find_map(hint_of);
    attached.or_else(in_chain)
}

fn hint_of(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return failure.hint.clone();
    }
    if let Some(error) = cause.downcast_ref::<spcs_apply::Error>() {
        return error.hint();
    }
    if let Some(error) = cause.downcast_ref::<StartError>() {
        return Some(error.hint().to_owned());
    }
    if let Some(error) = cause.downcast_ref::<spcs_plan::Error>() {
        return error.hint().map(str::to_owned);
    }
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    let error = cause.downcast_ref::<io::Error>().filter(|error| full.contains(&error.kind()));
    error.map(|_| "make room: `df -h` shows which disk is full; then run it again".to_owned())
}

/// The text for stderr: `error: what: why`, and below it `hint: what to do`.
pub(crate) fn render(error: &anyhow::Error) -> String {
    let mut text = String::from("error: ");
    let mut last = String::new();
    for cause in error.chain() {
        let message = cause.to_string();
        // Many errors repeat their source in their own message.
        if last.contains(&message) {
            continue;
        }
        if !last.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&message);
        last = message;
    }
    if let Some(hint) = hint(error) {
        text.push_str("\n\nhint: ");
        text.push_str(&hint);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_refused_is_no_defect_of_the_program() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = anyhow::Error::new(full).context("keeping the notebook");
        assert_eq!(kind(&error), Kind::Machine);
        assert!(render(&error).contains("hint: make room"), "{}", render(&error));
        let running = StartError::AlreadyRunning { state_dir: "state".into() };
        let error = anyhow::Error::new(running).context("resetting the local platform");
        assert_eq!(kind(&error), Kind::Machine);
        assert!(render(&error).contains("hint: stop it first"), "{}", render(&error));
    }

    #[test]
    fn a_failure_attached_as_context_decides_kind_and_hint() {
        let cause = std::io::Error::other("the disk is on fire");
        let failure = Failure::new(Kind::Machine, "writing it").hint("put it out");
        let error = anyhow::Error::new(cause).context(failure);
        assert_eq!(kind(&error), Kind::Machine);
        let text = "error: writing it: the disk is on fire\n\nhint: put it out";
        assert_eq!(render(&error), text);
    }
}
