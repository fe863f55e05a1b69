//! A platform with the objects, tokens and files that the seeds name.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use spcs_local::{Platform, PlatformConfig, RuntimeChoice, Timing, start};
use spcs_local_fuzz::{Response, exchange, files};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::application;
use crate::variables::Variables;

const IMAGE: &str = "/v2/d/s/repo/image";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

const HEAD: &str = "Host: {{account}}\nAuthorization: Snowflake Token=\"{{token}}\"\n\
                    Content-Type: application/json\nAccept: application/json";

/// How long a query may take before the client has to ask again.
const LONG_POLL: Duration = Duration::from_millis(100);
/// How long the client asks. A case that takes longer than its limit is a defect before that.
const LONGEST: Duration = Duration::from_secs(20);

pub(crate) struct Account {
    runtime: Option<Runtime>,
    platform: Option<Platform>,
    address: SocketAddr,
    pub(crate) variables: Variables,
    request: AtomicU64,
    _directory: TempDir,
}

impl Drop for Account {
    fn drop(&mut self) {
        if let (Some(runtime), Some(platform)) = (self.runtime.take(), self.platform.take()) {
            runtime.block_on(platform.stop());
            // It may be looking up the hosts of network rules.
            runtime.shutdown_background();
        }
    }
}

impl Account {
    pub(crate) fn start() -> Account {
        let runtime = Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let timing = Timing {
            pool_start: Duration::ZERO,
            endpoint_provisioning: Duration::ZERO,
            // Wrong passwords are the rule here.
            login_delay: Duration::ZERO,
            long_poll: LONG_POLL,
            ..Timing::default()
        };
        let state_dir = directory.path().to_owned();
        let config = PlatformConfig { state_dir, port: 0, runtime: RuntimeChoice::Fake, timing };
        let platform = runtime.block_on(start(config)).unwrap();
        let status = platform.status();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, status.port));
        let mut variables = Variables::default();
        variables.set("account", address);
        variables.set("user", &status.user);
        variables.set("password", &status.password);
        let request = AtomicU64::new(0);
        let (runtime, platform) = (Some(runtime), Some(platform));
        let mut account =
            Account { runtime, platform, address, variables, request, _directory: directory };
        account.set_up();
        account
    }

    /// Sends a request in the format of the seeds.
    pub(crate) fn send(&self, request: &[u8]) -> Option<Response> {
        let request = self.variables.fill(request);
        exchange(self.address, &request).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Runs a query to its end. Returns the envelope. One that may take long is aborted.
    pub(crate) fn query(&self, body: &Value, is_long: bool) -> Value {
        let id = self.request.fetch_add(1, Ordering::Relaxed);
        let post = |path: &str, body: &Value| self.json(&format!("POST {path}\n{HEAD}"), body);
        let mut answer = post(&format!("/queries/v1/query-request?requestId={id}"), body);
        let begin = Instant::now();
        while answer["code"] == "333333" {
            let query = text(&answer["data"]["queryId"]).to_owned();
            if is_long {
                post(&format!("/queries/{query}/abort-request"), &json!({}));
            }
            assert!(begin.elapsed() < LONGEST, "it does not end: {body}");
            answer = self.json(&format!("GET /queries/{query}/result\n{HEAD}"), &json!({}));
        }
        answer
    }

    /// Sends JSON that gets JSON with status 200.
    fn json(&self, head: &str, body: &Value) -> Value {
        let request = [&self.variables.fill(head.as_bytes()), &b"\n\n"[..]].concat();
        let request = [&request, body.to_string().as_bytes()].concat();
        let response = exchange(self.address, &request).unwrap().unwrap();
        assert_eq!(response.status, 200, "{}", response.text);
        serde_json::from_str(body_of(&response)).unwrap()
    }

    fn set_up(&mut self) {
        for prefix in ["", "other_", "third_"] {
            let session = self.log_in();
            self.variables.set(&format!("{prefix}token"), text(&session["token"]));
            self.variables.set(&format!("{prefix}master"), text(&session["masterToken"]));
        }
        self.run(&seed("account.sql"));
        self.push();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        self.variables.set("port", free.port());
        self.run(&seed("service.sql"));
        self.set_up_ingress(free.port());
        self.set_up_stage();
        let query = self.run("SELECT 1");
        self.variables.set("query", text(&query["data"]["queryId"]));
    }

    fn log_in(&self) -> Value {
        let login = json!({"data": {
            "ACCOUNT_NAME": "spcs-local",
            "LOGIN_NAME": self.variables.get("user"),
            "PASSWORD": self.variables.get("password"),
        }});
        let head =
            "POST /session/v1/login-request\nHost: {{account}}\nContent-Type: application/json";
        self.json(head, &login)["data"].clone()
    }

    /// Runs statements that succeed.
    fn run(&self, statements: &str) -> Value {
        let statements = String::from_utf8(self.variables.fill(statements.as_bytes())).unwrap();
        let parameters = json!({"MULTI_STATEMENT_COUNT": 0});
        let answer = self.query(&json!({"sqlText": statements, "parameters": parameters}), false);
        assert!(answer["success"] == true && answer["code"].is_null(), "{statements}\n{answer}");
        answer
    }

    /// Pushes an image, and starts two uploads.
    fn push(&mut self) {
        let login = format!("0sessiontoken:{}", self.variables.get("token"));
        self.variables.set("basic", STANDARD.encode(login));
        let config = r#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        for (name, blob) in [("config", config), ("layer", "layer")] {
            let digest = digest(blob);
            self.registry(&format!("POST {IMAGE}/blobs/uploads/?digest={digest}"), blob, 201);
            self.variables.set(name, digest);
            self.variables.set(&format!("{name}_size"), blob.len());
        }
        let descriptor = |name: &str| {
            json!({"mediaType": "application/octet-stream", "digest": self.variables.get(name),
                "size": self.variables.get(&format!("{name}_size")).parse::<u64>().unwrap()})
        };
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST,
            "config": descriptor("config"), "layers": [descriptor("layer")]})
        .to_string();
        let put = format!("PUT {IMAGE}/manifests/latest\nContent-Type: {MANIFEST}");
        self.registry(&put, &manifest, 201);
        self.variables.set("manifest", digest(&manifest));
        self.variables.set("manifest_size", manifest.len());
        for name in ["upload", "other_upload"] {
            let response = self.registry(&format!("POST {IMAGE}/blobs/uploads/"), "", 202);
            self.variables.set(name, header(&response, "docker-upload-uuid"));
        }
    }

    fn registry(&self, head: &str, body: &str, status: u16) -> Response {
        let request =
            format!("{head}\nHost: {{{{account}}}}\nAuthorization: Basic {{{{basic}}}}\n\n{body}");
        let response = self.send(request.as_bytes()).unwrap();
        assert_eq!(response.status, status, "{}", response.text);
        response
    }

    /// Starts the application behind the endpoint, and signs in.
    fn set_up_ingress(&mut self, port: u16) {
        let row = |statement: &str, column: &str| loop {
            let data = &self.run(statement)["data"];
            let columns = data["rowtype"].as_array().unwrap();
            let at = columns.iter().position(|found| found["name"] == column).unwrap();
            match &data["rowset"][0][at] {
                Value::String(text) if text.contains('.') => return text.clone(),
                _ => thread::sleep(Duration::from_millis(5)),
            }
        };
        let endpoint = row("SHOW ENDPOINTS IN SERVICE svc", "ingress_url");
        let address = row("SHOW SERVICE INSTANCES IN SERVICE svc", "ip_address");
        self.variables.set("endpoint", endpoint);
        let address: Ipv4Addr = address.parse().unwrap();
        let application = application::serve(SocketAddr::from((address, port)));
        self.runtime.as_ref().unwrap().block_on(application);
        for name in ["cookie", "other_cookie"] {
            let form = "POST /sfc-endpoint/login\nHost: {{endpoint}}\n\
                        Content-Type: application/x-www-form-urlencoded\n\n\
                        username={{user}}&password={{password}}";
            let response = self.send(form.as_bytes()).unwrap();
            let cookie = header(&response, "set-cookie");
            let (pair, _) = cookie.split_once(';').unwrap();
            self.variables.set(name, pair.to_owned());
        }
    }

    /// Stores a file, and gets the permits to write and read it.
    fn set_up_stage(&mut self) {
        for (prefix, statement) in
            [("", "PUT file:///x/f.yaml @st OVERWRITE = TRUE"), ("read_", "GET @st file:///x/")]
        {
            let info = &self.run(statement)["data"]["stageInfo"];
            let location = text(&info["location"]).strip_prefix("stage/").unwrap().to_owned();
            self.variables.set(&format!("{prefix}location"), location);
            let permit = text(&info["creds"]["GCS_ACCESS_TOKEN"]).to_owned();
            self.variables.set(&format!("{prefix}permit"), permit);
        }
    }
}

fn seed(name: &str) -> String {
    let file = format!("xtask/crates/spcs-local-fuzz/seeds/{name}");
    String::from_utf8(files(&[&file]).concat()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn digest(blob: &str) -> String {
    let hex: String = Sha256::digest(blob).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn body_of(response: &Response) -> &str {
    response.text.split_once("\r\n\r\n").unwrap().1
}

fn header(response: &Response, name: &str) -> String {
    let mut lines = response.text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {name}: {}", response.text)).to_owned()
}
