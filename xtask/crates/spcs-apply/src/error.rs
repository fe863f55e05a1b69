//! Shared by the errors of all modules: the kind of failure, which determines the exit code, and
//! the formatting of error chains.

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A bug in this program.
    Internal,
    /// The project's files are invalid: `spcs.toml`, `sql/`, `specs/`, `images/`.
    Input,
    /// This machine lacks something: an engine, a tool, disk space, a free port.
    Machine,
    /// The target does not respond, or it refused the login.
    Connection,
    /// The target refused a statement, a push or an upload.
    Refused,
    /// A wait timed out, or its subject failed.
    Wait,
    /// The notebook returned a wrong result.
    Verify,
    /// The user declined, or could not be asked.
    Declined,
    /// The run was interrupted (Ctrl-C).
    Interrupted,
}

impl Kind {
    /// The exit code of this program. The command line parser uses 2.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Internal => 1,
            Kind::Input => 3,
            Kind::Machine => 4,
            Kind::Connection => 5,
            Kind::Refused => 6,
            Kind::Wait => 7,
            Kind::Verify => 8,
            Kind::Declined => 9,
            Kind::Interrupted => 130,
        }
    }
}

/// Formats an error and its causes in one line. Some libraries repeat a cause in the error's own
/// message; it is printed only once.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
