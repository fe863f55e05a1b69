//! Ctrl-C at a terminal: the whole foreground process group gets the signal.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// An engine whose builds print their process id and run until they are released. Like a container,
/// a build runs in its own session and ignores every signal that can be ignored.
const SLOW_ENGINE: &str = r#"#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if [ "$1" = build ]; then
  setsid sh -c 'trap "" INT TERM HUP; echo "process $$ builds"; read -r line < "$0"' "$here/go"
fi
exec "$here/engine" "$@"
"#;

/// A running `xtask build` in its own process group.
struct RunningBuild {
    xtask: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    build_pid: String,
}

impl RunningBuild {
    fn start(sandbox: &Sandbox) -> RunningBuild {
        fs_err::rename(sandbox.path("bin/podman"), sandbox.path("bin/engine")).expect("the script");
        sandbox.program("podman", SLOW_ENGINE);
        let fifo = sandbox.path("bin/go");
        assert!(Command::new("mkfifo").arg(fifo).status().expect("mkfifo runs").success());
        let mut command = sandbox.command(&["-v", "build", "jupyter"]);
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut xtask = command.spawn().expect("xtask starts");
        let stderr = BufReader::new(xtask.stderr.take().expect("stderr is a pipe")).lines();
        let mut build = RunningBuild { xtask, stderr, build_pid: String::new() };
        let line = build.wait_for(" builds");
        build.build_pid = line.split_whitespace().rev().nth(1).expect("a process id").to_owned();
        build
    }

    fn wait_for(&mut self, text: &str) -> String {
        let mut before = Vec::new();
        for line in self.stderr.by_ref().map_while(Result::ok) {
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
        panic!("no `{text}` in stderr:\n{}", before.join("\n"));
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.xtask.id());
        let sent = Command::new("kill").args([signal, "--", &group]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for the exit and returns the exit code and the rest of stderr.
    fn wait(&mut self) -> (Option<i32>, String) {
        let rest: Vec<_> = self.stderr.by_ref().map_while(Result::ok).collect();
        (self.xtask.wait().expect("xtask ends").code(), rest.join("\n"))
    }

    fn is_running(&self) -> bool {
        let mut probe = Command::new("kill");
        probe
            .args(["-0", &self.build_pid])
            .stderr(Stdio::null())
            .status()
            .expect("kill runs")
            .success()
    }
}

#[test]
fn a_run_that_is_interrupted_in_its_last_step_finishes_the_step_and_succeeds() {
    let sandbox = Sandbox::new();
    let mut build = RunningBuild::start(&sandbox);
    build.signal("-INT");
    build.wait_for("waiting for running steps; press Ctrl-C again to quit at once");
    assert!(build.is_running());
    fs_err::write(sandbox.path("bin/go"), "\n").unwrap();
    let (code, stderr) = build.wait();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("could not"), "{stderr}");
    // The image is built, so the next run does not build it again.
    sandbox.program("podman", "#!/bin/sh\nexit 1\n");
    sandbox.xtask(&["build", "jupyter"]).code(0);
}

#[test]
fn a_build_ends_when_its_run_is_terminated() {
    for signals in [&["-INT", "-INT"][..], &["-TERM"], &["-HUP"]] {
        let sandbox = Sandbox::new();
        let mut build = RunningBuild::start(&sandbox);
        for (index, signal) in signals.iter().enumerate() {
            if index > 0 {
                build.wait_for("press Ctrl-C again to quit");
            }
            build.signal(signal);
        }
        assert_eq!(build.wait().0, Some(130), "{signals:?}");
        let deadline = Instant::now() + Duration::from_secs(20);
        while build.is_running() {
            assert!(Instant::now() < deadline, "{signals:?}: the build still runs");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
