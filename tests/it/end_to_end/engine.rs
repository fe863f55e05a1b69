//! Queries the container engine through its command line, independently of the tested program.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The engine that these tests run with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Engine {
    program: &'static str,
}

impl Engine {
    /// The engine that `SPCS_TEST_ENGINE` names, as `cargo xtask ci` sets it.
    ///
    /// Without the variable the end-to-end test is skipped. Nothing else decides this.
    pub(crate) fn from_environment() -> Option<Self> {
        match std::env::var("SPCS_TEST_ENGINE").as_deref() {
            Ok("podman") => Some(Self { program: "podman" }),
            Ok("docker") => Some(Self { program: "docker" }),
            Ok(other) => panic!("SPCS_TEST_ENGINE is `{other}`; expected `podman` or `docker`"),
            Err(_) => {
                eprintln!("skipped: SPCS_TEST_ENGINE names no container engine");
                None
            }
        }
    }

    /// `podman` or `docker`.
    pub(crate) fn name(self) -> &'static str {
        self.program
    }

    /// The id of the one running container of a platform's service.
    #[track_caller]
    pub(crate) fn container(self, platform: &str, service: &str) -> String {
        let labels = [("platform", platform), ("service", service)]
            .map(|(name, value)| format!("label=spcs.{name}={value}"));
        let filters = ["--filter", &labels[0], "--filter", &labels[1]];
        let listed = self.run(&[&["ps", "--no-trunc", "--quiet"][..], &filters].concat());
        let found: Vec<_> = listed.lines().collect();
        assert_eq!(found.len(), 1, "one container of {service}, found: {listed}");
        found[0].to_owned()
    }

    /// The containers, networks and volumes of a platform.
    pub(crate) fn objects(self, platform: &str) -> Vec<String> {
        self.lists(&["--filter", &format!("label=spcs.platform={platform}")])
    }

    /// Every container, network and volume of the engine, whoever created it.
    pub(crate) fn everything(self) -> BTreeSet<String> {
        self.lists(&[]).into_iter().collect()
    }

    /// The containers of builds that run, or that have left them.
    pub(crate) fn working_containers(self) -> BTreeSet<String> {
        let listed = match self.program {
            // podman lists its builds' containers as those of another program.
            "podman" => {
                self.run(&["ps", "--all", "--external", "--format", "{{.ID}} {{.Command}}"])
            }
            _ => self.run(&["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Command}}"]),
        };
        let is_build = |line: &&str| match self.program {
            "podman" => line.ends_with(" buildah") || line.ends_with(" storage"),
            _ => line.contains("/bin/sh -c"),
        };
        listed.lines().filter(is_build).map(str::to_owned).collect()
    }

    fn lists(self, filter: &[&str]) -> Vec<String> {
        let lists: [&[&str]; 3] = [
            &["ps", "--all", "--format", "container {{.Names}}"],
            &["network", "ls", "--format", "network {{.Name}}"],
            &["volume", "ls", "--format", "volume {{.Name}}"],
        ];
        let listed = lists.map(|list| self.run(&[list, filter].concat()));
        listed.concat().lines().map(str::to_owned).collect()
    }

    /// Renames an image. The next build cannot use an untagged image as a cache.
    pub(crate) fn rename(self, image: &str, name: &str) {
        for arguments in [&["tag", image, name][..], &["rmi", image]] {
            let output = Command::new(self.program).args(arguments).output();
            if !output.as_ref().is_ok_and(|output| output.status.success()) {
                eprintln!("{} {arguments:?}: {output:?}", self.program);
            }
        }
    }

    /// The parsed output of `inspect` for a container.
    pub(crate) fn inspect(self, container: &str) -> Value {
        let text = self.run(&["container", "inspect", container]);
        serde_json::from_str(&text).expect("inspect prints JSON")
    }

    /// The stdout and stderr of a container.
    pub(crate) fn logs(self, container: &str) -> String {
        let output = Command::new(self.program).args(["logs", container]).output().expect("logs");
        [output.stdout, output.stderr]
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .concat()
    }

    /// Runs a program in a container, as a user of the container. Returns what it prints.
    pub(crate) fn execute(
        self,
        container: &str,
        user: &str,
        program: &[&str],
        stdin: &str,
    ) -> String {
        let mut command = Command::new(self.program);
        command.args(["exec", "--interactive", "--user", user, container]).args(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the engine starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(stdin.as_bytes()).expect("the program reads");
        drop(input);
        let output = child.wait_with_output().expect("the program ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} in {container}: {error}", program[0]);
        String::from_utf8(output.stdout).expect("the program prints UTF-8")
    }

    fn run(self, arguments: &[&str]) -> String {
        let output =
            Command::new(self.program).args(arguments).output().expect("the engine starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {error}", self.program);
        String::from_utf8(output.stdout).expect("the engine prints UTF-8")
    }
}
