//! A copy of the project, deployed to a platform of its own: another port, other names.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::engine::Engine;
use crate::sandbox::copy;

/// The database of these deployments: nobody else's containers carry its name.
pub(crate) const DATABASE: &str = "END_TO_END";

/// The project in a directory of its own. Everything it deployed is taken away when it is dropped.
pub(crate) struct Deployment {
    folder: tempfile::TempDir,
    engine: Engine,
}

/// How a command ended.
pub(crate) struct Ended {
    /// Its exit code; `None` when it was killed.
    pub(crate) code: Option<i32>,
    /// Its data.
    pub(crate) stdout: String,
    /// What it told people.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Deployment {
    /// Copies what a user edits, and gives the copy names and a port that collide with nothing.
    pub(crate) fn new(engine: Engine) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // Below target/, so that what a failed run leaves is found and costs no memory.
        let folder = tempfile::Builder::new()
            .prefix("end-to-end-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("a directory for the copy");
        for part in ["spcs.toml", "sql", "specs", "images"] {
            copy(&source.join(part), &folder.path().join(part));
        }
        let deployment = Self { folder, engine };
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = port.expect("a free port").port();
        deployment.edit("spcs.toml", "port = 8462", &format!("port = {port}"));
        deployment.edit("spcs.toml", "\"milvus_demo\"", "\"end_to_end\"");
        deployment.edit("spcs.toml", "\"MILVUS_DEMO\"", &format!("\"{DATABASE}\""));
        deployment
    }

    /// A path of the copy.
    pub(crate) fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Replaces a text that a file of the copy has exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path).expect("a file of the project");
        assert_eq!(text.matches(from).count(), 1, "{file} holds `{from}` once");
        std::fs::write(path, text.replace(from, to)).expect("an edited file");
    }

    /// Runs a command to its end, whatever that is.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_until(arguments, |_| false)
    }

    /// Runs a command that has to succeed.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "xtask {arguments:?}:\n{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    /// Runs a command that has to succeed, and reads the JSON document that it prints.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.succeed(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&ended.stdout).expect("stdout is one JSON document")
    }

    /// Runs a command, and kills it without a warning at the first line for which `fatal` holds.
    pub(crate) fn run_until(&self, arguments: &[&str], fatal: impl Fn(&str) -> bool) -> Ended {
        let start = Instant::now();
        let mut child = self.command(arguments).spawn().expect("xtask starts");
        let mut stdout = child.stdout.take().expect("stdout is a pipe");
        let data = std::thread::spawn(move || std::io::read_to_string(&mut stdout));
        let mut stderr = String::new();
        let lines = BufReader::new(child.stderr.take().expect("stderr is a pipe")).lines();
        for line in lines.map_while(Result::ok) {
            if fatal(&line) {
                child.kill().expect("kill -9");
                break;
            }
            stderr.push_str(&line);
            stderr.push('\n');
        }
        let status = child.wait().expect("xtask ends");
        let stdout = data.join().expect("stdout is read").expect("stdout is UTF-8");
        Ended { code: status.code(), stdout, stderr, took: start.elapsed() }
    }

    /// What the running platform says of itself, the administrator's password included.
    pub(crate) fn platform(&self) -> Value {
        self.json(&["local", "status"])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(self.folder.path());
        command.args(["--engine", self.engine.name()]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SPCS_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let ended = self.run(&["local", "reset", "--yes"]);
        if ended.code != Some(0) {
            eprintln!("the platform of the test was not reset:\n{}", ended.stderr);
        }
    }
}
