//! The image under test, made of this test binary and pushed by the engine itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use spcs_local_services::{EngineCommand, EngineKind};

use crate::access::{PASSWORD, REPOSITORY};
use crate::world::lines;

/// An image of this test binary and the libraries it needs, pushed to the registry at a port.
pub(crate) fn push(engine: &EngineCommand, directory: &Path, port: u16) {
    let archive = archive(directory);
    let name = format!("127.0.0.1:{port}/{REPOSITORY}/sample:1");
    lines(engine, &["import", &archive, &name]);
    let image = Imported { engine, name };
    image.runs();
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

/// An image that the engine holds until it is pushed, or could not be.
struct Imported<'a> {
    engine: &'a EngineCommand,
    name: String,
}

impl Imported<'_> {
    /// Fails at once where this engine runs no container at all: each wait of a test for one that
    /// becomes READY would take minutes to say less.
    fn runs(&self) {
        static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
        let why_not = WHY_NOT.get_or_init(|| {
            let test = ["/sample", "--exact", "sample::container_main"];
            let mut run = Command::new(&self.engine.program);
            run.args(["run", "--rm", "--network", "none", &self.name]).args(test);
            let output = run.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            (!output.status.success()).then_some(said)
        });
        if let Some(said) = why_not {
            let engine = self.engine.program.display();
            panic!(
                "{engine} runs no container on this machine: {said}\nhint: `cargo xtask ci` finds \
                 the settings that podman needs here; for a run by hand `cargo xtask doctor` \
                 leaves them in target/spcs/containers.conf: name that file in CONTAINERS_CONF"
            );
        }
    }
}

impl Drop for Imported<'_> {
    fn drop(&mut self) {
        // What stays is for the test to find.
        let _ = Command::new(&self.engine.program).args(["rmi", &self.name]).output();
    }
}

/// A tar archive of a root directory with this test binary.
fn archive(directory: &Path) -> String {
    let root = directory.join("root");
    let program = std::env::current_exe().unwrap();
    copy(&program, &root, Path::new("/sample"));
    let listed = Command::new("ldd").arg(&program).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        copy(Path::new(library), &root, Path::new(library));
    }
    fs_err::create_dir_all(root.join("tmp")).unwrap();
    // Worlds whose images were the same, made in the same second, would hold on to each other's.
    fs_err::write(root.join("world"), directory.as_os_str().as_encoded_bytes()).unwrap();
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
