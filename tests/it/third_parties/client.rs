//! A Snowflake client in its own Python environment, which later runs reuse.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::project::Run;
use crate::sandbox::Sandbox;

/// Long enough to install a client or to run a script.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// A client, or nothing if the third-party tests were not requested.
pub(crate) struct Client {
    environment: Option<PathBuf>,
}

impl Client {
    /// Installs `requirement` into the environment `name` unless it is already installed.
    ///
    /// Does nothing if the third-party tests were not requested. Nothing else decides this.
    pub(crate) fn if_requested(name: &str, requirement: &str) -> Self {
        let set = |variable: &str, value: &str| std::env::var(variable).is_ok_and(|v| v == value);
        if !set("SPCS_TEST_ENGINE", "podman") && !set("SPCS_TEST_THIRD_PARTIES", "1") {
            eprintln!("skipped: set SPCS_TEST_THIRD_PARTIES=1 to test with third-party clients");
            return Self { environment: None };
        }
        let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third-parties");
        let environment = environment.join(name);
        let marker = environment.join("installed.txt");
        if !fs_err::read_to_string(&marker).is_ok_and(|installed| installed == requirement) {
            run_successfully(
                Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment),
            );
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            let python = environment.join("bin/python");
            run_successfully(Command::new(python).args(pip).arg(requirement));
            // Written last, so that an interrupted installation is repeated.
            fs_err::write(marker, requirement).expect("a marker in the environment");
        }
        Self { environment: Some(environment) }
    }

    /// Runs a script against a fresh local platform.
    pub(crate) fn run(&self, script: &str) {
        if self.environment.is_none() {
            return;
        }
        let sandbox = Sandbox::new();
        sandbox.xtask(&["local", "start"]).code(0);
        let status = sandbox.xtask(&["local", "status", "--format", "json"]).code(0);
        let file = sandbox.path("status.json");
        fs_err::write(&file, status.stdout).expect("the status in a file");
        self.run_in(&sandbox, script, &[file.as_os_str()]);
    }

    /// Runs a script that does not need a platform.
    pub(crate) fn run_alone(&self, script: &str, arguments: &[&OsStr]) {
        self.run_in(&Sandbox::new(), script, arguments);
    }

    fn run_in(&self, sandbox: &Sandbox, script: &str, arguments: &[&OsStr]) {
        let Some(environment) = &self.environment else { return };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/third_parties");
        let mut command = Command::new(environment.join("bin/python"));
        // Without the machine's own Snowflake settings, proxies and logins.
        let inherited = |name: &str| name.starts_with("SNOWFLAKE_") || name.starts_with("SPCS_");
        for (name, _) in std::env::vars().filter(|(name, _)| inherited(name)) {
            command.env_remove(name);
        }
        command.env("HOME", sandbox.path("home")).env("SNOWFLAKE_HOME", sandbox.path("home"));
        command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        fs_err::create_dir(sandbox.path("home")).expect("a home directory");
        run_successfully(command.arg(scripts.join(script)).args(arguments));
    }
}

/// Runs a program, which must succeed. The failure message contains its output.
#[track_caller]
fn run_successfully(command: &mut Command) {
    let run = Run::of(command, Path::new(env!("CARGO_TARGET_TMPDIR")), LIMIT, |_, _| {});
    assert_eq!(run.code, Some(0), "{command:?} failed\n{}{}", run.stdout, run.stderr);
}
