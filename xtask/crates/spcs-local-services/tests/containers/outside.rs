//! Hosts outside the platform's networks: a network namespace that this machine routes to.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness;

/// A network namespace with two addresses and a server at each of some ports. Removed on drop.
pub(crate) struct Outside {
    name: String,
    subnet: u8,
    servers: Vec<Child>,
}

impl Outside {
    pub(crate) fn start(ports: &[u16]) -> Outside {
        // Tests of several processes may run at once.
        let process = std::process::id();
        let (name, subnet) = (format!("spcs{process}"), (process % 250) as u8);
        let mut outside = Outside { name, subnet, servers: Vec::new() };
        let (name, inner, outer) = (&outside.name, "eth0", format!("spcs{process}"));
        ip(&["netns", "add", name]);
        ip(&["link", "add", &outer, "type", "veth", "peer", "name", inner, "netns", name]);
        ip(&["address", "add", &format!("{}/24", outside.address(1)), "dev", &outer]);
        ip(&["link", "set", &outer, "up"]);
        for address in outside.hosts() {
            ip(&["-n", name, "address", "add", &format!("{address}/24"), "dev", inner]);
        }
        ip(&["-n", name, "link", "set", inner, "up"]);
        let gateway = outside.address(1).to_string();
        ip(&["-n", name, "route", "add", "default", "via", &gateway]);
        for port in ports {
            let server = Command::new("ip")
                .args(["netns", "exec", name])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", "test_server::container_main", "--nocapture"])
                .env("TEST_SERVER_PORT", port.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            outside.servers.push(server.unwrap());
        }
        // This machine reaches all of them, so a failure in a container has another reason.
        let deadline = Instant::now() + Duration::from_secs(20);
        for address in outside.hosts() {
            for port in ports {
                while harness::connect(&format!("{address}:{port}")) != "open" {
                    assert!(Instant::now() < deadline, "{address}:{port} does not answer");
                }
            }
        }
        outside
    }

    /// The addresses of the two hosts.
    pub(crate) fn hosts(&self) -> [Ipv4Addr; 2] {
        [self.address(2), self.address(3)]
    }

    /// An address of the range for benchmarks, which no real network has.
    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.subnet, last)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        // Removes its interfaces too.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

fn ip(args: &[&str]) {
    let output = Command::new("ip").args(args).output().unwrap();
    assert!(output.status.success(), "ip {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
