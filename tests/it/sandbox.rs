//! A copy of the project with its own local platform that runs no containers and a fake engine that
//! builds nothing, so that tests of the command line take milliseconds.

use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::project::{Project, Run, signal};

/// A copy of the project. Dropping it stops its platform.
pub(crate) struct Sandbox {
    project: Project,
}

impl Sandbox {
    /// Makes a fresh copy. Its platform listens on a free port.
    pub(crate) fn new() -> Self {
        let project = Project::new("sandbox-", Duration::from_secs(120));
        // Fake programs come first. The engine script needs the system's programs.
        let path = format!("{}:/usr/bin:/bin", project.path("bin").display());
        let project =
            project.environment("SPCS_LOCAL_RUNTIME", "fake".to_owned()).environment("PATH", path);
        project.edit("spcs.toml", "port = 8462", "port = \"auto\"");
        fs_err::create_dir_all(project.path("bin")).expect("bin/");
        let sandbox = Self { project };
        sandbox.program("podman", include_str!("sandbox/engine.sh"));
        sandbox
    }

    /// Installs a script as a program that takes precedence over the system's programs.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        fs_err::write(&file, script).expect("a script");
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    /// Removes a fake engine.
    pub(crate) fn without_engine(&self, name: &str) {
        fs_err::remove_file(self.path("bin").join(name)).expect("the engine script");
    }

    /// Counts the engine calls whose arguments start with `beginning`.
    pub(crate) fn engine_calls(&self, beginning: &str) -> usize {
        let calls = fs_err::read_to_string(self.path("bin/calls")).unwrap_or_default();
        calls.lines().filter(|line| line.starts_with(beginning)).count()
    }

    /// Blocks every build of the engine until [`Sandbox::release_builds`].
    pub(crate) fn hold_builds(&self) {
        fs_err::write(self.path("bin/hold"), "").expect("a file for the engine script");
    }

    /// Lets blocked builds finish.
    pub(crate) fn release_builds(&self) {
        fs_err::remove_file(self.path("bin/hold")).expect("builds are held");
    }

    /// A deploy that gets SIGINT while it runs SQL. Its builds are blocked until the signal has
    /// arrived, so that it cannot finish before it.
    pub(crate) fn interrupted_deploy(&self) -> Run {
        self.hold_builds();
        self.watched(&["deploy"], |line, child| {
            if line.contains("> sql:bootstrap/080") {
                signal("-INT", child.id());
            } else if line.contains("interrupted: waiting for running steps") {
                self.release_builds();
            }
        })
    }
}

impl Deref for Sandbox {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A panic here would leave the directory behind as well.
        fs_err::remove_file(self.path("bin/hold")).ok();
        // Explicit: without a spcs.toml here, xtask would use the one of the enclosing project.
        let mut stop = self.command(&["local", "stop"]);
        match stop.arg("--project-dir").arg(self.path("")).output() {
            Ok(output) if output.status.success() || !self.path("spcs.toml").exists() => {}
            result => eprintln!("could not stop the platform of the test: {result:?}"),
        }
    }
}
