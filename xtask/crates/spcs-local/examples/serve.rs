//! Runs a local platform in the foreground until Ctrl-C:
//! `cargo run -p spcs-local --example serve -- --port 8462 --state-dir DIR --runtime fake`.

use std::path::PathBuf;

use spcs_local::{EngineCommand, EngineKind, PlatformConfig, RuntimeChoice, Timing};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = PlatformConfig {
        state_dir: PathBuf::from("target/spcs/local"),
        port: 8462,
        runtime: RuntimeChoice::Fake,
        timing: Timing::default(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--port" => config.port = value.parse()?,
            "--state-dir" => config.state_dir = PathBuf::from(value),
            "--runtime" => {
                config.runtime = match value.as_str() {
                    "fake" => RuntimeChoice::Fake,
                    "podman" => engine(EngineKind::Podman, "podman"),
                    "docker" => engine(EngineKind::Docker, "docker"),
                    other => return Err(format!("unknown runtime {other}").into()),
                }
            }
            other => return Err(format!("unknown flag {other}").into()),
        }
    }
    let platform = spcs_local::start(config).await?;
    println!("{}", serde_json::to_string_pretty(platform.status())?);
    tokio::signal::ctrl_c().await?;
    platform.stop().await;
    Ok(())
}

fn engine(kind: EngineKind, program: &str) -> RuntimeChoice {
    let env = std::env::var("CONTAINERS_CONF").map(|path| ("CONTAINERS_CONF".to_owned(), path));
    let env = env.into_iter().collect();
    RuntimeChoice::Engine(EngineCommand { kind, program: program.into(), env }, None)
}
