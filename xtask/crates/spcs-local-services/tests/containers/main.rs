//! Tests of the controller and the registry with a real engine: `SPCS_TEST_ENGINE=podman` or
//! `docker`.
//!
//! The test image contains this test binary. In a container it runs only the test
//! `container_main`, which is a small HTTP server. So the tests need no images from elsewhere.

// The lint's exception for tests does not cover shared functions.
#![allow(clippy::unwrap_used)]

mod access;
mod firewall;
mod gate;
mod harness;
mod image;
mod killed;
mod names;
mod outside;
mod services;
mod stages;
mod test_server;

/// The engine to test with, if any.
fn requested_engine() -> Option<spcs_local_services::EngineCommand> {
    let Ok(name) = std::env::var("SPCS_TEST_ENGINE") else {
        eprintln!("skipped: set SPCS_TEST_ENGINE=podman or docker to run this test");
        return None;
    };
    let kind = match name.as_str() {
        "podman" => spcs_local_services::EngineKind::Podman,
        "docker" => spcs_local_services::EngineKind::Docker,
        other => panic!("SPCS_TEST_ENGINE is {other}; expected podman or docker"),
    };
    Some(spcs_local_services::EngineCommand { kind, program: name.into(), env: Vec::new() })
}
