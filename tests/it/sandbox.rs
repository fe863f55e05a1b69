//! The project with a platform of its own that runs no containers, and an engine that builds
//! nothing: what a test of the command line needs, in milliseconds.

use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::project::Project;

/// A copy of the project; its platform ends with it.
pub(crate) struct Sandbox {
    project: Project,
}

impl Sandbox {
    /// A fresh copy. The platform takes a free port.
    pub(crate) fn new() -> Self {
        let project = Project::new("sandbox-", Duration::from_secs(120));
        // Of the machine's programs only those that the engine's script calls.
        let path = format!("{}:/usr/bin:/bin", project.path("bin").display());
        let project =
            project.environment("SPCS_LOCAL_RUNTIME", "fake".to_owned()).environment("PATH", path);
        project.edit("spcs.toml", "port = 8462", "port = \"auto\"");
        fs_err::create_dir_all(project.path("bin")).expect("bin/");
        let sandbox = Self { project };
        sandbox.program("podman", include_str!("sandbox/engine.sh"));
        sandbox
    }

    /// Installs a program that is a script, before those of the machine.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        fs_err::write(&file, script).expect("a script");
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    /// Takes an engine away.
    pub(crate) fn without_engine(&self, name: &str) {
        fs_err::remove_file(self.path("bin").join(name)).expect("the engine's script");
    }

    /// How often the engine was asked for something that begins so.
    pub(crate) fn engine_calls(&self, beginning: &str) -> usize {
        let calls = fs_err::read_to_string(self.path("bin/calls")).unwrap_or_default();
        calls.lines().filter(|line| line.starts_with(beginning)).count()
    }

    /// Lets the engine end no build until [`Sandbox::let_builds_end`].
    pub(crate) fn hold_builds(&self) {
        fs_err::write(self.path("bin/hold"), "").expect("a file for the engine's script");
    }

    /// Lets builds end.
    pub(crate) fn let_builds_end(&self) {
        fs_err::remove_file(self.path("bin/hold")).expect("builds are held");
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
        // No panic here: it would leave the directory too.
        fs_err::remove_file(self.path("bin/hold")).ok();
        // Named, as without a spcs.toml of its own the one further up would be meant.
        let mut stop = self.command(&["local", "stop"]);
        match stop.arg("--project-dir").arg(self.path("")).output() {
            Ok(output) if output.status.success() || !self.path("spcs.toml").exists() => {}
            ended => eprintln!("the platform of the test was not stopped: {ended:?}"),
        }
    }
}
