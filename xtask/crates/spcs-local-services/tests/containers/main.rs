//! The controller and the registry with a real engine: `SPCS_TEST_ENGINE=podman` or `docker`.
//!
//! The image under test holds this very test binary: started in a container it runs the one test
//! `container_main`, which is a small HTTP server. So nothing has to be fetched from anywhere.

// What tests share stands outside of test functions, where the lint's exception ends.
#![allow(clippy::unwrap_used)]

mod access;
mod image;
mod killed;
mod sample;
mod services;
mod world;

/// The engine that the caller wants to be tested with, if any.
fn wanted() -> Option<spcs_local_services::EngineCommand> {
    let Ok(name) = std::env::var("SPCS_TEST_ENGINE") else {
        eprintln!("no engine was asked for (SPCS_TEST_ENGINE=podman|docker): nothing is tested");
        return None;
    };
    let kind = match name.as_str() {
        "podman" => spcs_local_services::EngineKind::Podman,
        "docker" => spcs_local_services::EngineKind::Docker,
        other => panic!("SPCS_TEST_ENGINE is {other}, not podman or docker"),
    };
    Some(spcs_local_services::EngineCommand { kind, program: name.into(), env: Vec::new() })
}
