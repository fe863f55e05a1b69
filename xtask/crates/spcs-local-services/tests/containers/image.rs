//! The test image, built from this test binary and pushed by the engine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use spcs_local_services::{EngineCommand, EngineKind};

use crate::access::{PASSWORD, REPOSITORY};
use crate::harness::lines;

/// A specification that listens on its endpoint 8000 and on 8001, which is no endpoint.
pub(crate) const TWO_SERVERS: &str = r#"
spec:
  containers:
  - name: main
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8000 }
    readinessProbe: { port: 8000, path: /ok }
  - name: side
    image: /db/public/repo/test-server:1
    command: [/test-server, --exact, "test_server::container_main", --nocapture]
    env: { TEST_SERVER_PORT: 8001 }
    readinessProbe: { port: 8001, path: /ok }
  endpoints: [{ name: web, port: 8000 }]
"#;

/// Builds an image with this test binary and its libraries, and pushes it to the local registry.
pub(crate) fn push(engine: &EngineCommand, directory: &Path, port: u16) {
    let archive = archive(directory);
    let name = format!("127.0.0.1:{port}/{REPOSITORY}/test-server:1");
    lines(engine, &["import", &archive, &name]);
    let image = Imported { engine, name };
    image.check_that_containers_run();
    let login = directory.join("login");
    fs_err::create_dir_all(&login).unwrap();
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("ADMIN:{PASSWORD}"));
    let config = format!(r#"{{"auths": {{"127.0.0.1:{port}": {{"auth": "{auth}"}}}}}}"#);
    fs_err::write(login.join("config.json"), config).unwrap();
    let (login, file) = (login.to_str().unwrap(), login.join("config.json"));
    match engine.kind {
        EngineKind::Podman => {
            let file = file.to_str().unwrap();
            lines(engine, &["push", "--authfile", file, "--tls-verify=false", &image.name]);
        }
        EngineKind::Docker => {
            lines(engine, &["--config", login, "push", &image.name]);
        }
    }
}

/// An image in the engine's local storage. Removed on drop.
struct Imported<'a> {
    engine: &'a EngineCommand,
    name: String,
}

impl Imported<'_> {
    /// Fails fast if the engine cannot run containers at all. Otherwise every test would wait
    /// minutes for a READY container.
    fn check_that_containers_run(&self) {
        static ERROR: OnceLock<Option<String>> = OnceLock::new();
        let error = ERROR.get_or_init(|| {
            let test = ["/test-server", "--exact", "test_server::container_main"];
            let mut run = Command::new(&self.engine.program);
            run.args(["run", "--rm", "--network", "none", &self.name]).args(test);
            let output = run.output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            (!output.status.success()).then_some(message)
        });
        if let Some(message) = error {
            let engine = self.engine.program.display();
            panic!(
                "{engine} cannot run containers on this machine: {message}\nhint: `cargo xtask ci` \
                 finds the settings that podman needs; to run the tests by hand, run \
                 `cargo xtask doctor` and set CONTAINERS_CONF to target/spcs/containers.conf"
            );
        }
    }
}

impl Drop for Imported<'_> {
    fn drop(&mut self) {
        // Tests check for leftovers, so errors can be ignored here.
        let _ = Command::new(&self.engine.program).args(["rmi", &self.name]).output();
    }
}

/// A tar archive of a root directory with this test binary.
fn archive(directory: &Path) -> String {
    let root = directory.join("root");
    let program = std::env::current_exe().unwrap();
    copy(&program, &root, Path::new("/test-server"));
    let listed = Command::new("ldd").arg(&program).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        copy(Path::new(library), &root, Path::new(library));
    }
    fs_err::create_dir_all(root.join("tmp")).unwrap();
    // Makes the image unique: identical images of two tests could not be removed separately.
    fs_err::write(root.join("test-directory"), directory.as_os_str().as_encoded_bytes()).unwrap();
    let archive = directory.join("root.tar");
    let (archive, root) = (archive.to_str().unwrap(), root.to_str().unwrap());
    let tar = Command::new("tar").args(["-C", root, "-cf", archive, "."]).status().unwrap();
    assert!(tar.success());
    archive.to_owned()
}

fn copy(from: &Path, root: &Path, to: &Path) {
    let to: PathBuf = root.join(to.strip_prefix("/").unwrap());
    fs_err::create_dir_all(to.parent().unwrap()).unwrap();
    fs_err::copy(from, to).unwrap();
}
