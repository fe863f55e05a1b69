//! The test harness: a registry, a controller with a real engine, and a test image.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use futures_util::future::BoxFuture;
use spcs_local_files::{FilePath, Id};
use spcs_local_registry::Registry;
use spcs_local_services::container_address::ContainerAddress;
use spcs_local_services::controller::{
    AccountAccess, Controller, ControllerDirs, ControllerTiming,
};
use spcs_local_services::runtime::{EngineRuntime, PullLogin, Runtime};
use spcs_local_services::service::{
    Deployment, PinnedImage, ServiceObservation, StageVolume, TokenSource, service_key,
};
use spcs_local_services::{EngineCommand, EngineKind};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::access::{OneUser, PASSWORD, REPOSITORY, repository_id};
use crate::image;

/// The name of the account in containers.
pub(crate) const ACCOUNT_HOST: &str = "account.test.internal";

pub(crate) struct Harness {
    pub(crate) engine: EngineCommand,
    pub(crate) controller: Controller,
    pub(crate) directory: tempfile::TempDir,
    registry: Registry,
    pub(crate) port: u16,
}

impl Harness {
    pub(crate) async fn new(engine: EngineCommand) -> Harness {
        // Holds copies of this test binary, which may be too large for a /tmp in memory.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let registry = Registry::open(&directory.path().join("registry")).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = registry.router(Arc::new(OneUser));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let controller = controller(&engine, directory.path(), port);
        let harness = Harness { engine, controller, directory, registry, port };
        let (engine, path) = (harness.engine.clone(), harness.directory.path().to_owned());
        tokio::task::spawn_blocking(move || image::push(&engine, &path, port)).await.unwrap();
        harness
    }

    /// Replaces the controller, as if the platform had restarted.
    pub(crate) async fn restart_controller(&mut self) {
        self.controller.stop().await;
        self.controller = controller(&self.engine, self.directory.path(), self.port);
    }

    pub(crate) fn deployment(&self, name: &str, spec: &str, digest: &str) -> Deployment {
        deployment(self.directory.path(), &self.image_digest(), name, spec, digest)
    }

    pub(crate) fn image_digest(&self) -> String {
        self.registry
            .resolve(&repository_id(), "test-server", "1")
            .unwrap()
            .expect("the image was pushed")
    }

    pub(crate) async fn until(
        &self,
        key: &str,
        what: &str,
        condition: impl Fn(&ServiceObservation) -> bool,
    ) -> ServiceObservation {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
        loop {
            let seen = self.controller.observe(key).unwrap();
            if condition(&seen) {
                return seen;
            }
            assert!(tokio::time::Instant::now() < deadline, "{key} {what}: {seen:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn until_running(&self, key: &str) -> ServiceObservation {
        self.until(key, "running", |seen| seen.status == "RUNNING" && !seen.is_upgrading).await
    }

    /// Sends a request to a service's endpoint and returns the response body.
    pub(crate) async fn get(&self, key: &str, path: &str) -> String {
        let address = self.controller.endpoint_address(key, 8000).expect("a READY instance");
        get_from(&address, path).await.unwrap()
    }

    /// Runs the engine and returns the lines of its output.
    pub(crate) fn engine(&self, args: &[&str]) -> Vec<String> {
        lines(&self.engine, args)
    }

    /// All containers, volumes, networks and images of this platform.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let label = format!("label=spcs.platform={}", self.platform_id());
        let filter = ["--quiet", "--filter", &label];
        let listed = [&["ps", "--all"][..], &["volume", "ls"], &["network", "ls"]];
        let mut left: Vec<String> =
            listed.iter().flat_map(|list| self.engine(&[list, &filter[..]].concat())).collect();
        let name = format!("127.0.0.1:{}", self.port);
        left.extend(self.images().into_iter().filter(|image| image.starts_with(&name)));
        left
    }

    /// The repositories of all images. podman's list fails if another test removes an image
    /// meanwhile.
    fn images(&self) -> Vec<String> {
        let args = ["images", "--digests", "--format", "{{.Repository}}"];
        let listed = (0..9).find_map(|_| try_lines(&self.engine, &args).ok());
        listed.unwrap_or_else(|| self.engine(&args))
    }

    /// Whether networks can be without egress: not those of a rootless docker.
    pub(crate) fn denies_egress(&self) -> bool {
        self.engine.kind == EngineKind::Podman || self.is_rootful()
    }

    /// Whether the engine runs as root.
    pub(crate) fn is_rootful(&self) -> bool {
        let (format, rootless) = match self.engine.kind {
            EngineKind::Podman => ("{{.Host.Security.Rootless}}", "true"),
            EngineKind::Docker => ("{{.SecurityOptions}}", "rootless"),
        };
        !self.engine(&["info", "--format", format]).concat().contains(rootless)
    }

    /// Whether any of the containers is connected to a network that is not internal.
    pub(crate) fn has_egress(&self, ids: &[String]) -> bool {
        let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
        let mut args = vec!["inspect", "--format", format];
        args.extend(ids.iter().map(String::as_str));
        let networks = self.engine(&args).join(" ");
        networks.split_whitespace().any(|network| {
            // podman and docker format the field differently.
            let shown = self.engine(&["network", "inspect", network]).join("").to_lowercase();
            !shown.replace(' ', "").contains("\"internal\":true")
        })
    }

    pub(crate) fn enforces_memory(&self) -> bool {
        let (format, yes) = match self.engine.kind {
            EngineKind::Podman => ("{{.Host.CgroupControllers}}", "memory"),
            EngineKind::Docker => ("{{.MemoryLimit}}", "true"),
        };
        self.engine(&["info", "--format", format]).concat().contains(yes)
    }

    pub(crate) fn runtime(&self) -> Runtime {
        runtime(&self.engine, self.directory.path())
    }

    pub(crate) fn platform_id(&self) -> String {
        spcs_local_services::runtime::platform_id(self.directory.path())
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        // Clean up even if the test has failed. Stop the controller first, because its tasks might
        // create new objects.
        let controller = self.controller.clone();
        let stop = async move { controller.stop().await };
        let handle = tokio::runtime::Handle::current();
        let _ = std::thread::spawn(move || handle.block_on(stop)).join();
        let removed = spcs_local_services::runtime::remove_all(&self.engine, self.directory.path());
        if let Err(error) = removed {
            eprintln!("cannot clean up after the test: {error}");
        }
    }
}

pub(crate) fn deployment(
    directory: &Path,
    image_digest: &str,
    name: &str,
    spec: &str,
    spec_digest: &str,
) -> Deployment {
    let path = format!("/{REPOSITORY}/test-server:1");
    let image = PinnedImage { path, digest: image_digest.to_owned() };
    let parsed = spcs_local_spec::parse(spec).unwrap();
    let path = FilePath::parse("").unwrap();
    let mounted = StageVolume { stage: stage_id(), path, writable: true };
    fs_err::create_dir_all(stage_directory(directory)).unwrap();
    Deployment {
        key: key(name),
        name: format!("DB.PUBLIC.{name}"),
        spec_digest: spec_digest.to_owned(),
        images: parsed.containers.iter().map(|c| (c.name.clone(), image.clone())).collect(),
        instances: 1,
        stages: parsed.stages().map(|name| (name.to_owned(), mounted.clone())).collect(),
        spec: parsed,
        session_tokens: TokenSource::new(|| "the-session-token".to_owned()),
        ingress_key: "the-ingress-key".to_owned(),
        environment: BTreeMap::from([("SNOWFLAKE_HOST".to_owned(), ACCOUNT_HOST.to_owned())]),
        node_ready_at: Instant::now(),
        egress: Vec::new(),
    }
}

/// The key of a service of the tests. Its name is its id in hexadecimal digits.
pub(crate) fn key(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    let service = Id::parse(&format!("{digits:0>16}")).unwrap();
    service_key(&Id::parse("00000000000000db").unwrap(), &service)
}

/// The key of the service `ECHO`.
pub(crate) const ECHO: &str = "00000000000000db.000000004543484f";

/// The stage that all services of the tests mount.
pub(crate) fn stage_id() -> Id {
    Id::parse("0000000000000057").unwrap()
}

pub(crate) fn stage_directory(state_dir: &Path) -> PathBuf {
    state_dir.join("stages").join(stage_id().as_str())
}

pub(crate) fn controller(engine: &EngineCommand, directory: &Path, port: u16) -> Controller {
    let dirs = ControllerDirs::new(directory);
    let login = PullLogin {
        registry: format!("127.0.0.1:{port}"),
        username: "ADMIN".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let timing = ControllerTiming {
        converge: Duration::from_millis(200),
        stop_grace: Duration::from_secs(10),
        renew_rules: Duration::from_secs(5),
        token_age: Duration::from_secs(1),
        ..ControllerTiming::default()
    };
    Controller::with_timing(runtime(engine, directory), dirs, login, account(port), timing)
}

fn runtime(engine: &EngineCommand, directory: &Path) -> Runtime {
    let platform_id = spcs_local_services::runtime::platform_id(directory);
    Runtime::Engine(EngineRuntime::new(
        engine.clone(),
        directory,
        &platform_id,
        Some(crate::gate::command()),
    ))
}

/// An account that answers each client with its address.
fn account(port: u16) -> AccountAccess {
    let answer = async |ConnectInfo(client): ConnectInfo<SocketAddr>| client.ip().to_string();
    let router = axum::Router::new().fallback(answer);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serve = move |listener| {
        let server = axum::serve(listener, service.clone());
        Box::pin(async { server.await.unwrap() }) as BoxFuture<'static, ()>
    };
    AccountAccess { host: ACCOUNT_HOST.to_owned(), port, serve: Arc::new(serve) }
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends a request to a container's port.
pub(crate) async fn get_from(address: &ContainerAddress, path: &str) -> std::io::Result<String> {
    let answered = async {
        let mut stream = address.connect().await?;
        stream.write_all(request(&address.to_string(), path).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        body(answer)
    };
    tokio::time::timeout(TIMEOUT, answered).await?
}

fn request(host: &str, path: &str) -> String {
    format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

fn body(answer: String) -> std::io::Result<String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.starts_with("HTTP/1.1 200") {
        Ok(body.to_owned())
    } else {
        Err(std::io::Error::other(answer))
    }
}

/// `GET http://<host>/<path>`; the default port is 8000.
pub(crate) fn get(host: &str, path: &str) -> std::io::Result<String> {
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:8000") };
    let mut addresses = address.to_socket_addrs()?;
    let address = addresses.next().ok_or_else(|| std::io::Error::other("no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // Write the request at once: the server reads only once.
    Write::write_all(&mut stream, request(host, path).as_bytes())?;
    let mut answer = String::new();
    Read::read_to_string(&mut stream, &mut answer)?;
    body(answer)
}

/// Connects to an address: `open`, or why it is not.
pub(crate) fn connect(address: &str) -> String {
    let connected = || {
        let mut addresses = address.to_socket_addrs()?;
        let address = addresses.next().ok_or_else(|| std::io::Error::other("no address"))?;
        TcpStream::connect_timeout(&address, Duration::from_secs(2))
    };
    match connected() {
        Ok(_) => "open".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The address that this machine has in the network of its default route.
pub(crate) fn machine_address() -> IpAddr {
    // Connecting a UDP socket sends nothing.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("198.51.100.1:9").unwrap();
    socket.local_addr().unwrap().ip()
}

pub(crate) fn lines(engine: &EngineCommand, args: &[&str]) -> Vec<String> {
    try_lines(engine, args).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

/// The lines of the engine's output. The error is what it said.
fn try_lines(engine: &EngineCommand, args: &[&str]) -> Result<Vec<String>, String> {
    let output = Command::new(&engine.program).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout).lines().map(str::to_owned).collect()),
        false => Err(text(&output.stderr)),
    }
}

/// The ids of a service's containers.
pub(crate) fn ids(harness: &Harness, key: &str) -> Vec<String> {
    // Inspect only this platform's containers; others may disappear at any time.
    let label = format!("label=spcs.platform={}", harness.platform_id());
    let mut ids = harness.engine(&["ps", "--quiet", "--no-trunc", "--filter", &label]);
    ids.retain(|id| {
        let format = "{{index .Config.Labels \"spcs.service-key\"}}";
        harness.engine(&["inspect", "--format", format, id]) == [key]
    });
    ids.sort();
    ids
}
