//! The apt-get calls of `setup`: an existing Docker is never replaced by Debian's package.

use std::path::Path;

use crate::sandbox::Sandbox;

/// Runs `setup` for docker with a client that reaches no daemon and returns the apt-get calls.
fn apt_get_calls(more_programs: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.program("docker", "#!/bin/sh\necho 'no daemon' >&2\nexit 1\n");
    sandbox.program("apt-get", "#!/bin/sh\necho \"$*\" >> \"${0%/*}/apt-get.calls\"\n");
    sandbox.program("sudo", "#!/bin/sh\nexec \"$@\"\n");
    sandbox.program("dpkg-query", "#!/bin/sh\nexit 1\n");
    for program in more_programs {
        sandbox.program(program, "#!/bin/sh\n");
    }
    let mut setup = sandbox.command(&["setup", "--yes", "--engine", "docker"]);
    let output = setup.env("PATH", sandbox.path("bin")).output().expect("xtask starts");
    // Setup fails even after an installation if the daemon does not answer.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("does not answer `info`: no daemon"), "{stderr}");
    fs_err::read_to_string(sandbox.path("bin/apt-get.calls")).expect("apt-get was called")
}

#[test]
fn an_existing_docker_is_not_replaced_by_debians_package() {
    if !Path::new("/etc/debian_version").exists() {
        eprintln!("skipped: this is not a Debian system");
        return;
    }
    let install = "update\ninstall --yes --no-remove --no-install-recommends";
    let rest = "iptables nftables ca-certificates mmdebstrap debian-archive-keyring";
    assert_eq!(apt_get_calls(&[]), format!("{install} docker.io {rest}\n"));
    assert_eq!(apt_get_calls(&["dockerd"]), format!("{install} {rest}\n"));
}
