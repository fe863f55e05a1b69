//! What a command printed and how it ended, as one text to compare.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A command that has ended.
pub(crate) struct Run {
    /// Its exit code; `None` when it was killed.
    pub(crate) code: Option<i32>,
    /// Its data.
    pub(crate) stdout: String,
    /// What it told people.
    pub(crate) stderr: String,
}

impl Run {
    pub(super) fn of(command: &mut Command, folder: &Path) -> Run {
        let output = command.stdin(Stdio::null()).output().expect("xtask starts");
        let Output { status, stdout, stderr } = output;
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.replace(&folder.display().to_string(), "[DIR]")
        };
        Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Run {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that stderr has a text.
    #[track_caller]
    pub(crate) fn says(self, expected: &str) -> Run {
        assert!(self.stderr.contains(expected), "no `{expected}` in stderr:\n{}", self.stderr);
        self
    }

    /// Checks that stdout is empty: a failed command has no data.
    #[track_caller]
    pub(crate) fn without_data(self) -> Run {
        assert_eq!(self.stdout, "", "stdout is for data");
        self
    }

    /// Reads stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.stdout).expect("stdout is one JSON document")
    }
}
