//! Builds that are ended in the middle of a RUN leave no containers and no processes, and the build
//! of another checkout goes on.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::deployment::{Deployment, LIMIT};
use super::engine::Engine;
use crate::project::{Project, signal};

/// Longer than the test. Another number for each checkout, to tell their processes apart.
const OWN_STEP: &str = "sleep 98761";
const OTHER_STEP: &str = "sleep 98762";

const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long docker's daemon may take.
const REMOVAL_LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn leave_nothing(deployment: &Deployment, engine: Engine) {
    let other = Project::new("other-build-", LIMIT).arguments(&["--engine", engine.name()]);
    let dockerfile = deployment.read("images/jupyter/Dockerfile");
    let ending_in = |step: &str| format!("{dockerfile}\nRUN {step}\n");
    fs_err::write(other.path("images/jupyter/Dockerfile"), ending_in(OTHER_STEP)).expect("a file");
    fs_err::write(deployment.path("images/jupyter/Dockerfile"), ending_in(OWN_STEP))
        .expect("a file");

    let at_first = engine.working_containers();
    let mut other_build = start(&other, OTHER_STEP);
    let before = engine.working_containers();
    assert!(before.len() > at_first.len(), "the other checkout's build has a container");

    for name in ["-TERM", "-HUP", "-INT"] {
        let mut build = start(deployment, OWN_STEP);
        assert!(engine.working_containers().len() > before.len(), "the build has a container");
        // The first SIGINT lets a build finish, the second one ends it.
        let status = loop {
            signal(name, build.0.id());
            std::thread::sleep(POLL_INTERVAL);
            if let Some(status) = build.0.try_wait().expect("its state") {
                break status;
            }
        };
        assert_eq!(status.code(), Some(130), "{name}");
        assert_left(engine, &before, name);
    }

    // Nothing can be done at a SIGKILL. The next command of the checkout removes what is left.
    let mut build = start(deployment, OWN_STEP);
    build.0.kill().expect("kill -9");
    build.0.wait().expect("it ends");
    fs_err::write(deployment.path("images/jupyter/Dockerfile"), &dockerfile).expect("a file");
    deployment.succeed(&["build", "jupyter"]);
    assert_left(engine, &before, "-KILL");

    assert!(other_build.0.try_wait().expect("its state").is_none(), "the other build goes on");
    assert!(runs(OTHER_STEP), "the other build's RUN goes on");
    drop(other_build);
    assert_left(engine, &at_first, "the last build");
}

/// Starts a build and waits until it runs this step.
fn start(project: &Project, step: &str) -> Build {
    let mut command = project.command(&["build", "jupyter"]);
    let mut build = Build(command.stderr(Stdio::null()).spawn().expect("xtask starts"));
    let begun = Instant::now();
    while !runs(step) {
        assert!(
            build.0.try_wait().expect("its state").is_none(),
            "the build ended before `{step}`"
        );
        assert!(begun.elapsed() < LIMIT, "the build does not come to `{step}`");
        std::thread::sleep(POLL_INTERVAL);
    }
    build
}

/// Whether a process, in a container or not, is this step.
fn runs(step: &str) -> bool {
    let command = step.replace(' ', "\0") + "\0";
    let mut processes = fs_err::read_dir("/proc").expect("/proc").flatten();
    processes
        .any(|it| fs_err::read(it.path().join("cmdline")).is_ok_and(|it| it == command.as_bytes()))
}

/// Only these containers remain, and no process of the own build. Docker's daemon removes them, some
/// time after it has noticed that its client has gone.
#[track_caller]
fn assert_left(engine: Engine, expected: &BTreeSet<String>, after: &str) {
    let begun = Instant::now();
    while engine.working_containers() != *expected || runs(OWN_STEP) {
        let waits = engine.name() == "docker" && begun.elapsed() < REMOVAL_LIMIT;
        if !waits {
            assert_eq!(&engine.working_containers(), expected, "after {after}");
            assert!(!runs(OWN_STEP), "after {after}, RUN goes on");
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// A running build, which a failed test ends.
struct Build(Child);

impl Drop for Build {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            signal("-TERM", self.0.id());
            self.0.wait().expect("it ends");
        }
    }
}
