//! What the errors of all modules share: the kind of failure, which decides the exit code, and how
//! a chain of causes is printed.

/// The kind of a failure: who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A bug in this program.
    Internal,
    /// The project's own files: `spcs.toml`, `sql/`, `specs/`, `images/`.
    Input,
    /// This machine lacks something: an engine, a tool, disk space, a free port.
    Machine,
    /// The target does not answer, or refuses the login.
    Connection,
    /// The target refused a statement, a push or an upload.
    Refused,
    /// A wait timed out, or what was waited for failed.
    Wait,
    /// The notebook gave a wrong answer.
    Verify,
    /// The user declined, or could not be asked.
    Declined,
    /// The run was interrupted (Ctrl-C).
    Interrupted,
}

impl Kind {
    /// Its exit code. 2 belongs to the command line parser.
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

/// An error and its causes in one line. Some libraries repeat a cause in the message above it;
/// it is printed once. Others say what went wrong only in the last cause.
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
