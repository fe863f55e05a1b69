//! A copy of the project with its own local platform, port and object names.

use std::net::TcpListener;
use std::ops::Deref;
use std::time::Duration;

use serde_json::Value;

use super::engine::Engine;
use crate::project::{Project, Run};

/// The database of these deployments.
pub(crate) const DATABASE: &str = "END_TO_END";

/// Long enough for a first build on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(15 * 60);

/// A copy of the project. Dropping it removes everything that it deployed.
pub(crate) struct Deployment {
    project: Project,
    engine: Engine,
    platform_id: String,
}

impl Deployment {
    /// Makes a copy with unique names and a free port.
    pub(crate) fn new(engine: Engine) -> Self {
        let project = Project::new("end-to-end-", LIMIT).arguments(&["--engine", engine.name()]);
        project.edit("spcs.toml", "port = 8462", &format!("port = {}", free_port()));
        project.edit("spcs.toml", "\"milvus_demo\"", "\"end_to_end\"");
        project.edit("spcs.toml", "\"MILVUS_DEMO\"", &format!("\"{DATABASE}\""));
        let folder = project.path("").canonicalize().expect("the path of the copy");
        let platform_id = spcs_local::platform_id(&folder.join("target/spcs/local"));
        Self { project, engine, platform_id }
    }

    /// Runs a command, which must succeed.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Run {
        self.xtask(arguments).code(0)
    }

    /// Runs a command, which must succeed, and parses the JSON document that it prints.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.succeed(&[arguments, &["--format", "json"]].concat()).json()
    }

    /// The status of the running platform, including the administrator's password.
    pub(crate) fn platform(&self) -> Value {
        self.json(&["local", "status"])
    }

    /// The id of the one running container of a service.
    #[track_caller]
    pub(crate) fn container(&self, service: &str) -> String {
        let service = format!("{DATABASE}.PUBLIC.{}", service.to_uppercase());
        self.engine.container(&self.platform_id, &service)
    }

    /// The ids of the running containers of both services.
    #[track_caller]
    pub(crate) fn containers(&self) -> [String; 2] {
        [self.container("milvus"), self.container("jupyter")]
    }

    /// The platform's containers, networks and volumes.
    pub(crate) fn objects(&self) -> Vec<String> {
        self.engine.objects(&self.platform_id)
    }

    /// The name of a built image in the engine, taken from the log of the build.
    fn built(&self, image: &str) -> Option<String> {
        let log = self.path(&format!("target/spcs/logs/build-{image}.log"));
        let output = fs_err::read_to_string(log).ok()?;
        let mut words = output.split_whitespace();
        words.find(|word| word.starts_with("localhost/spcs-build/")).map(str::to_owned)
    }
}

impl Deref for Deployment {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // A panic here would leave the directory behind as well.
        match self.command(&["local", "reset", "--yes"]).output() {
            Ok(output) if output.status.success() => {}
            result => eprintln!("could not reset the platform of the test: {result:?}"),
        }
        // Every run builds under a unique name. Use one name for all, so that they do not pile up.
        for image in ["milvus", "jupyter"] {
            let Some(built) = self.built(image) else { continue };
            if let Some((repository, _)) = built.rsplit_once(':') {
                self.engine.rename(&built, &format!("{repository}:end-to-end"));
            }
        }
    }
}

/// A free port below the ephemeral range, so that no outgoing connection takes it while the
/// platform is down.
fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("less than 10000");
    (first..32_000).find(free).expect("a free port")
}
