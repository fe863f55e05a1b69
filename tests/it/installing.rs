//! What `setup` asks of apt-get: a machine's own Docker is never taken away for Debian's.

use std::path::Path;

use crate::sandbox::Sandbox;

/// Runs `setup` for docker with a client that reaches no daemon, and gives what apt-get was told.
fn installed(more_programs: &[&str]) -> String {
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
    // Installed or not: what does not answer is not said to be in order.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("does not answer `info`: no daemon"), "{stderr}");
    fs_err::read_to_string(sandbox.path("bin/apt-get.calls")).expect("apt-get was called")
}

#[test]
fn dockers_own_packages_are_not_replaced_by_debians() {
    if !Path::new("/etc/debian_version").exists() {
        eprintln!("packages are not Debian's here: nothing is tested");
        return;
    }
    let install = "update\ninstall --yes --no-remove --no-install-recommends";
    let rest = "iptables ca-certificates mmdebstrap debian-archive-keyring";
    assert_eq!(installed(&[]), format!("{install} docker.io {rest}\n"));
    assert_eq!(installed(&["dockerd"]), format!("{install} {rest}\n"));
}
