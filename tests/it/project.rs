//! A copy of the project in its own directory, and the binary run in that copy.

mod run;
mod snapshot;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

pub(crate) use run::{Run, changed};

use crate::demo;

/// A copy of the files that users edit, with the arguments and environment of its commands.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    /// How long one command may take.
    limit: Duration,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Project {
    /// Makes a fresh copy, which is deleted on drop.
    pub(crate) fn new(prefix: &str, limit: Duration) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // Below target/, so that leftovers of a killed run are easy to find and not in a tmpfs.
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("a directory for the copy");
        for part in ["spcs.toml", "sql", "specs", "images"] {
            copy(&source.join(part), &folder.path().join(part));
        }
        let config = folder.path().join("spcs.toml");
        let text = fs_err::read_to_string(&config).expect("the copy's spcs.toml");
        fs_err::write(config, demo::only(&text)).expect("the copy's spcs.toml");
        Self { folder, limit, arguments: Vec::new(), environment: Vec::new() }
    }

    /// Adds arguments to every command.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Sets an environment variable for every command.
    pub(crate) fn environment(mut self, name: &str, value: String) -> Self {
        self.environment.push((name.to_owned(), value));
        self
    }

    /// The path of a file or directory in the copy.
    pub(crate) fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Reads a file of the copy.
    #[track_caller]
    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.path(file);
        fs_err::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Replaces a text that must occur exactly once in a file of the copy.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "`{from}` must occur exactly once in {file}");
        fs_err::write(self.path(file), text.replace(from, to)).expect("an edited file");
    }

    /// Runs the binary until it exits.
    #[must_use = "check the exit code"]
    #[track_caller]
    pub(crate) fn xtask(&self, arguments: &[&str]) -> Run {
        self.watched(arguments, |_, _| {})
    }

    /// Runs the binary and passes each line of its stderr to `each` as it arrives.
    #[must_use = "check the exit code"]
    #[track_caller]
    pub(crate) fn watched(&self, arguments: &[&str], each: impl FnMut(&str, &mut Child)) -> Run {
        Run::of(&mut self.command(arguments), self.folder.path(), self.limit, each)
    }

    /// Runs the binary and kills it with SIGKILL at the first line that contains `fatal`.
    #[must_use = "check the exit code"]
    #[track_caller]
    pub(crate) fn killed_at(&self, arguments: &[&str], fatal: &str) -> Run {
        let run = self.watched(arguments, |line, child| {
            if line.contains(fatal) {
                child.kill().expect("kill -9");
            }
        });
        assert_eq!(run.code, None, "it was not killed at `{fatal}`:\n{}", run.stderr);
        run
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).args(&self.arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SPCS_")) {
            command.env_remove(name);
        }
        // clap wraps help at the width of the terminal, and a test has no terminal.
        command.env("COLUMNS", "100");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Sends a signal, such as `-INT`, to a process.
pub(crate) fn signal(name: &str, process: impl std::fmt::Display) {
    let sent = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(sent.expect("kill starts").success(), "{name} to process {process}");
}

/// Copies a file or a directory recursively.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs_err::create_dir_all(to).expect("a directory of the copy");
        for entry in fs_err::read_dir(from).expect("a directory of the project") {
            let name = entry.expect("a directory's entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs_err::copy(from, to).expect("a file of the copy");
    }
}
