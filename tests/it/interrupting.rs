//! Ctrl-C at a terminal: the whole group of processes in front gets the signal.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// An engine whose builds say their process's number and last until they are let go. They run as
/// containers do: in a session of their own, and deaf to any signal that can be ignored.
const SLOW: &str = r#"#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if [ "$1" = build ]; then
  setsid sh -c 'trap "" INT TERM HUP; echo "process $$ builds"; read -r line < "$0"' "$here/go"
fi
exec "$here/engine" "$@"
"#;

/// A build at a terminal of its own.
struct Building {
    xtask: Child,
    said: Lines<BufReader<ChildStderr>>,
    engine: String,
}

impl Building {
    fn start(sandbox: &Sandbox) -> Building {
        fs_err::rename(sandbox.path("bin/podman"), sandbox.path("bin/engine")).expect("the script");
        sandbox.program("podman", SLOW);
        let fifo = sandbox.path("bin/go");
        assert!(Command::new("mkfifo").arg(fifo).status().expect("mkfifo runs").success());
        let mut command = sandbox.command(&["-v", "build", "jupyter"]);
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut xtask = command.spawn().expect("xtask starts");
        let said = BufReader::new(xtask.stderr.take().expect("its stderr")).lines();
        let mut building = Building { xtask, said, engine: String::new() };
        let line = building.wait_for(" builds");
        building.engine = line.split_whitespace().rev().nth(1).expect("its number").to_owned();
        building
    }

    fn wait_for(&mut self, text: &str) -> String {
        let mut before = Vec::new();
        for line in self.said.by_ref().map_while(Result::ok) {
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
        panic!("`{text}` was not said:\n{}", before.join("\n"));
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.xtask.id());
        let sent = Command::new("kill").args([signal, "--", &group]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// The exit code, and what was said until then.
    fn end(&mut self) -> (Option<i32>, String) {
        let rest: Vec<_> = self.said.by_ref().map_while(Result::ok).collect();
        (self.xtask.wait().expect("xtask ends").code(), rest.join("\n"))
    }

    fn engine_runs(&self) -> bool {
        let mut asked = Command::new("kill");
        asked
            .args(["-0", &self.engine])
            .stderr(Stdio::null())
            .status()
            .expect("kill runs")
            .success()
    }
}

#[test]
fn a_run_that_is_interrupted_in_its_last_step_finishes_it_and_succeeds() {
    let sandbox = Sandbox::new();
    let mut building = Building::start(&sandbox);
    building.signal("-INT");
    building.wait_for("waiting for what runs; once more to leave it");
    assert!(building.engine_runs());
    fs_err::write(sandbox.path("bin/go"), "\n").unwrap();
    let (code, said) = building.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("could not"), "{said}");
    // It is built, and not built again.
    sandbox.program("podman", "#!/bin/sh\nexit 1\n");
    sandbox.xtask(&["build", "jupyter"]).code(0);
}

#[test]
fn a_build_ends_with_a_run_that_is_left_or_terminated() {
    for signals in [&["-INT", "-INT"][..], &["-TERM"], &["-HUP"]] {
        let sandbox = Sandbox::new();
        let mut building = Building::start(&sandbox);
        for (index, signal) in signals.iter().enumerate() {
            if index > 0 {
                building.wait_for("once more to leave it");
            }
            building.signal(signal);
        }
        assert_eq!(building.end().0, Some(130), "{signals:?}");
        let deadline = Instant::now() + Duration::from_secs(20);
        while building.engine_runs() {
            assert!(Instant::now() < deadline, "{signals:?}: the build goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
