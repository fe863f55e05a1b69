//! A copy of the project with a platform of its own that runs no containers, and an engine that
//! builds nothing: what a test of the command line needs, in milliseconds.

mod run;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use run::Run;

/// The project in a directory of its own; its platform ends with it.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// A fresh copy of what a user edits. The platform takes any free port.
    pub(crate) fn new() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = tempfile::tempdir().expect("a directory for the copy");
        let sandbox = Self { folder };
        for part in ["spcs.toml", "sql", "specs", "images"] {
            copy(&source.join(part), &sandbox.path(part));
        }
        sandbox.edit("spcs.toml", "port = 8462", "port = 0");
        std::fs::create_dir_all(sandbox.path("bin")).expect("bin/");
        sandbox.program("podman", include_str!("sandbox/engine.sh"));
        sandbox
    }

    /// A path of the copy.
    pub(crate) fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// The text of a file of the copy.
    #[track_caller]
    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("a file of the project")
    }

    /// Replaces a text that a file of the copy has exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path).expect("a file of the project");
        assert_eq!(text.matches(from).count(), 1, "{file} holds `{from}` once");
        std::fs::write(path, text.replace(from, to)).expect("an edited file");
    }

    /// Installs a program that is a script, before those of the machine.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        std::fs::write(&file, script).expect("a script");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    /// Takes an engine away.
    pub(crate) fn without_engine(&self, name: &str) {
        std::fs::remove_file(self.path("bin").join(name)).expect("the engine's script");
    }

    /// How often the engine was asked for something that begins so.
    pub(crate) fn engine_calls(&self, beginning: &str) -> usize {
        let calls = std::fs::read_to_string(self.path("bin/calls")).unwrap_or_default();
        calls.lines().filter(|line| line.starts_with(beginning)).count()
    }

    /// Runs the binary to its end.
    #[must_use = "check how it ended"]
    pub(crate) fn xtask(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments), self.folder.path())
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SPCS_")) {
            command.env_remove(name);
        }
        command.env("SPCS_LOCAL_RUNTIME", "fake");
        // Of the machine's programs only those that the engine's script calls.
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.command(&["local", "stop"]).output().expect("xtask starts");
    }
}

/// Copies a file, or a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a directory of the copy");
        for entry in std::fs::read_dir(from).expect("a directory of the project") {
            let name = entry.expect("a directory's entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        std::fs::copy(from, to).expect("a file of the copy");
    }
}
