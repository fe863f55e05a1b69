//! A client of Snowflake in a Python environment of its own, which later runs find again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::project::Run;
use crate::sandbox::Sandbox;

/// Long enough to install a client, and for all that a script does.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// A client, unless nobody asked for it.
pub(crate) struct Client {
    environment: Option<PathBuf>,
}

impl Client {
    /// Installs `requirement` into the environment `name`, if it is not there.
    ///
    /// This is the one place that decides whether third parties are asked.
    pub(crate) fn asked_for(name: &str, requirement: &str) -> Self {
        let set = |variable: &str, value: &str| std::env::var(variable).is_ok_and(|v| v == value);
        if !set("SPCS_TEST_ENGINE", "podman") && !set("SPCS_TEST_THIRD_PARTIES", "1") {
            eprintln!("no third party was asked for (SPCS_TEST_THIRD_PARTIES=1): nothing checked");
            return Self { environment: None };
        }
        let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third-parties");
        let environment = environment.join(name);
        let mark = environment.join("installed.txt");
        if !fs_err::read_to_string(&mark).is_ok_and(|installed| installed == requirement) {
            succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            let python = environment.join("bin/python");
            succeeds(Command::new(python).args(pip).arg(requirement));
            // Last: an installation that was cut short is made again.
            fs_err::write(mark, requirement).expect("a mark in the environment");
        }
        Self { environment: Some(environment) }
    }

    /// Runs a script against a platform that is fresh and its own.
    pub(crate) fn run(&self, script: &str) {
        let Some(environment) = &self.environment else { return };
        let sandbox = Sandbox::new();
        sandbox.xtask(&["local", "start"]).code(0);
        let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0);
        let file = sandbox.path("status.json");
        fs_err::write(&file, status.stdout).expect("the status in a file");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/third_parties");
        let mut command = Command::new(environment.join("bin/python"));
        // Nothing of this machine's own Snowflake settings, proxies or logins.
        let foreign = |name: &str| name.starts_with("SNOWFLAKE_") || name.starts_with("SPCS_");
        for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
            command.env_remove(name);
        }
        command.env("HOME", sandbox.path("home")).env("SNOWFLAKE_HOME", sandbox.path("home"));
        command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        fs_err::create_dir(sandbox.path("home")).expect("a home directory");
        succeeds(command.arg(scripts.join(script)).arg(file));
    }
}

/// Runs a program that has to succeed; what it wrote says why it did not.
#[track_caller]
fn succeeds(command: &mut Command) {
    let run = Run::of(command, Path::new(env!("CARGO_TARGET_TMPDIR")), LIMIT, |_, _| {});
    assert_eq!(run.code, Some(0), "{command:?} failed\n{}{}", run.stdout, run.stderr);
}
