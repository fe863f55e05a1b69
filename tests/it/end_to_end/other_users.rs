//! What another user of the machine gets from a deployment by root. Each of these is one link of a
//! chain that would make them root: a container's address, Jupyter behind it (`notebook`), the token
//! in it (`logins`), a setuid file on a stage, and the directories above the file.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use walkdir::WalkDir;

use super::deployment::Deployment;
use super::engine::Engine;

/// `nobody`. No file of a deployment belongs to it.
const OTHER_USER: u32 = 65534;

/// Where the notebook's stage is in its container.
const STAGE: &str = "/home/jupyter/files";

/// Another user cannot connect to the containers, and this user can.
pub(crate) fn cannot_connect_to_containers(deployment: &Deployment, engine: Engine) {
    let ports = [("milvus", 19530), ("milvus", 9091), ("jupyter", 8888)];
    for (service, port) in ports {
        for address in addresses(&engine.inspect(&deployment.container(service))) {
            assert!(connects(None, &address, port), "{service} at {address}:{port}");
            assert!(!connects(Some(OTHER_USER), &address, port), "{service} at {address}:{port}");
        }
    }
}

/// A program on a stage volume that sets its user to root does so for nobody, and other users cannot
/// open the directories above it.
pub(crate) fn get_no_privileges_from_files_of_a_stage(deployment: &Deployment, engine: Engine) {
    let jupyter = deployment.container("jupyter");
    let program = &format!("{STAGE}/as-root");
    engine.execute(&jupyter, "0", &["cp", "/usr/bin/id", program], "");
    engine.execute(&jupyter, "0", &["chmod", "4755", program], "");

    let other_user = OTHER_USER.to_string();
    let printed = engine.execute(&jupyter, &other_user, &[program, "-u"], "");
    assert_eq!(printed.trim(), other_user);

    let state = deployment.path("target/spcs/local");
    let files = WalkDir::new(&state).into_iter().filter_map(Result::ok);
    let written = files.into_iter().find(|entry| entry.file_name() == "as-root");
    let written = written.expect("the file in the platform's state").into_path();
    let metadata = fs_err::metadata(&written).expect("the file");
    assert_eq!((metadata.uid(), metadata.mode() & 0o7777), (0, 0o4755), "root's setuid file");
    for directory in [&*state, &state.join("stages"), Path::new("/run/spcs-local")] {
        assert_private(directory);
    }
    engine.execute(&jupyter, "0", &["rm", program], "");
}

#[track_caller]
fn assert_private(directory: &Path) {
    let mode = fs_err::metadata(directory).expect("a directory").mode();
    assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", directory.display());
}

/// Whether a user, by default this one, can connect.
fn connects(user: Option<u32>, address: &str, port: u16) -> bool {
    let mut command = Command::new("timeout");
    command.args(["10", "bash", "-c", &format!(": < /dev/tcp/{address}/{port}")]);
    command.stderr(Stdio::null()).current_dir("/");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    command.status().expect("bash starts").success()
}

/// The container's addresses in all its networks.
fn addresses(inspected: &Value) -> Vec<String> {
    let networks = &inspected[0]["NetworkSettings"]["Networks"];
    let networks = networks.as_object().expect("the container's networks");
    let found = networks.values().filter_map(|network| network["IPAddress"].as_str());
    let found: Vec<_> = found.filter(|address| !address.is_empty()).map(str::to_owned).collect();
    assert!(!found.is_empty(), "the container has no address: {networks:?}");
    found
}
