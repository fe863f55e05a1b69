//! The platform's directory is closed to other users of this machine, whatever the umask is.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::sandbox::Sandbox;

const STATE: &str = "target/spcs/local";

const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Files that hold passwords, tokens, password hashes, or what containers print.
const SECRET_FILES: [&str; 5] =
    ["admin_password", "catalog.sqlite", "platform.json", "platform.log", "user_password"];

#[test]
fn a_platform_is_private_from_the_first_moment_under_every_umask() {
    for umask in ["022", "000"] {
        let sandbox = Sandbox::new();
        let seen = modes_during(&sandbox.path(STATE), || run_with(umask, &sandbox, &["deploy"]));
        assert_eq!(seen, BTreeSet::from([0o700]), "umask {umask}: modes of the state directory");
        for directory in private_directories(&sandbox.path(STATE)) {
            assert_eq!(mode(&directory), 0o700, "umask {umask}: {}", directory.display());
        }
        for file in SECRET_FILES {
            let mode = mode(&sandbox.path(STATE).join(file));
            assert_eq!(mode, 0o600, "umask {umask}: {file}");
        }
    }
}

#[test]
fn a_directory_that_others_could_enter_is_made_private_before_the_platform_uses_it() {
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.path(STATE)).unwrap();
    fs_err::set_permissions(sandbox.path(STATE), std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.xtask(&["local", "start"]).code(0);
    assert_eq!(mode(&sandbox.path(STATE)), 0o700);
}

#[test]
fn a_directory_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a directory to another user");
        return;
    }
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.path(STATE)).unwrap();
    std::os::unix::fs::chown(sandbox.path(STATE), Some(65534), None).unwrap();
    let run = sandbox.xtask(&["local", "start"]);
    assert_ne!(run.code, Some(0));
    run.says("belongs to another user");
}

fn run_with(umask: &str, sandbox: &Sandbox, arguments: &[&str]) {
    let command = sandbox.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask \"$0\"; exec \"$@\"", umask]).arg(command.get_program());
    shell.args(command.get_args()).current_dir(sandbox.path(""));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().expect("sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// All modes that a directory has while `work` runs.
fn modes_during(directory: &Path, work: impl FnOnce()) -> BTreeSet<u32> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                let found = fs_err::metadata(directory);
                seen.extend(found.map(|found| found.permissions().mode() & 0o777));
                std::thread::sleep(POLL_INTERVAL);
            }
            seen
        });
        work();
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("the watcher")
    })
}

/// All directories, except those that containers mount. Their parents are private.
fn private_directories(state: &Path) -> Vec<PathBuf> {
    let mut found = vec![state.to_owned()];
    let mut left = found.clone();
    while let Some(directory) = left.pop() {
        for entry in fs_err::read_dir(&directory).expect("a directory").map(Result::unwrap) {
            let path = entry.path();
            let is_stage = directory.ends_with("stages") && !path.ends_with(".incoming");
            let is_mounted = is_stage || path.extension().is_some_and(|it| it == "session");
            if entry.file_type().expect("a type").is_dir() && !is_mounted {
                found.push(path.clone());
                left.push(path);
            }
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs_err::metadata(path).expect("a file").permissions().mode() & 0o777
}
