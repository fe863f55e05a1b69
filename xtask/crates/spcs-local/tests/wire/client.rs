//! A minimal Snowflake client, and a platform for it.

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client as Http, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use spcs_local::{Platform, PlatformConfig, RuntimeChoice, Status, Timing, start};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Timing without delays.
pub(crate) fn quick() -> Timing {
    Timing {
        pool_start: Duration::ZERO,
        endpoint_provisioning: Duration::ZERO,
        ..Timing::default()
    }
}

/// Starts a platform without containers.
pub(crate) async fn platform(state_dir: &Path, timing: Timing) -> Platform {
    let state_dir = state_dir.to_owned();
    let config = PlatformConfig { state_dir, port: 0, runtime: RuntimeChoice::Fake, timing };
    start(config).await.unwrap()
}

/// The directories of all stages that have files. Their names are ids.
pub(crate) fn stage_directories(state_dir: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(state_dir.join("stages")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| !path.ends_with(INCOMING)).collect()
}

/// The directory of unfinished uploads.
pub(crate) const INCOMING: &str = ".incoming";

/// One session.
pub(crate) struct Client {
    http: Http<HttpConnector, Body>,
    base: String,
    /// The Host header, if it is not that of `base`.
    host: Option<String>,
    pub(crate) token: String,
    pub(crate) master: String,
}

/// A row, by column name.
pub(crate) type Row = serde_json::Map<String, Value>;

impl Client {
    /// Logs in as the administrator.
    pub(crate) async fn admin(platform: &Platform) -> Client {
        Client::admin_of(platform.status()).await
    }

    /// Logs in as the administrator of a platform in another process.
    pub(crate) async fn admin_of(status: &Status) -> Client {
        Client::login_to(status, &status.user, &status.password, json!({})).await.unwrap()
    }

    /// Logs in. The error is the envelope of the failure.
    pub(crate) async fn login(
        platform: &Platform,
        user: &str,
        password: &str,
        more: Value,
    ) -> Result<Client, Value> {
        Client::login_to(platform.status(), user, password, more).await
    }

    async fn login_to(
        status: &Status,
        user: &str,
        password: &str,
        more: Value,
    ) -> Result<Client, Value> {
        let http = Http::builder(TokioExecutor::new()).build_http();
        let (base, token, master) = (status.url.clone(), String::new(), String::new());
        let client = Client { http, base, host: None, token, master };
        let mut data = json!({"LOGIN_NAME": user, "PASSWORD": password});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.log_in(data).await
    }

    /// Logs in with the token of a service, from one of its containers.
    pub(crate) async fn inside(platform: &Platform, admin: &Client, service: &str) -> Client {
        let client = Client::in_container(platform, admin, service).await;
        client.log_in(token_login(platform, service)).await.unwrap()
    }

    /// A client in a container of a service, without a session.
    pub(crate) async fn in_container(platform: &Platform, admin: &Client, service: &str) -> Client {
        let address = async {
            loop {
                let services = admin.rows("SHOW SERVICES IN ACCOUNT").await;
                let named = services.iter().find(|row| text(row, "name") == service).unwrap();
                let show = format!(
                    "SHOW SERVICE INSTANCES IN SERVICE {}.{}.{service}",
                    text(named, "database_name"),
                    text(named, "schema_name")
                );
                let instances = admin.rows(&show).await;
                if let Some(address) = instances.first().map(|row| text(row, "ip_address"))
                    && let Ok(address) = address.parse::<Ipv4Addr>()
                {
                    return address;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let address = tokio::time::timeout(Duration::from_secs(10), address).await.unwrap();
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address.into()));
        let http = Http::builder(TokioExecutor::new()).build(connector);
        let (gateway, port) = (address.octets()[1], platform.status().port);
        let base = format!("http://127.{gateway}.0.1:{port}");
        let host = Some(format!("spcs-local.snowflakecomputing.internal:{port}"));
        Client { http, base, host, token: String::new(), master: String::new() }
    }

    /// Opens a session. The error is the envelope of the failure.
    pub(crate) async fn log_in(mut self, data: Value) -> Result<Client, Value> {
        let mut all = json!({"ACCOUNT_NAME": "spcs-local"});
        all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        let answer = self.post("/session/v1/login-request", &json!({"data": all})).await;
        if answer["success"] != true {
            return Err(answer);
        }
        self.token = answer["data"]["token"].as_str().unwrap().to_owned();
        self.master = answer["data"]["masterToken"].as_str().unwrap().to_owned();
        Ok(self)
    }

    /// Sends a request. Returns the status and body.
    pub(crate) async fn send(&self, request: Request<Body>) -> (u16, Vec<u8>) {
        let response = self.http.request(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// Submits the form of an ingress host. Returns the status and the token in the cookie.
    pub(crate) async fn sign_in(&self, host: &str, user: &str, password: &str) -> (u16, String) {
        let request = self
            .request(Method::POST, "/sfc-endpoint/login")
            .header("Host", host)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("username={user}&password={password}")))
            .unwrap();
        let response = self.http.request(request).await.unwrap();
        let cookie = response.headers().get("set-cookie").map(|value| value.to_str().unwrap());
        let pair = cookie.and_then(|cookie| cookie.split(';').next()?.split_once('='));
        (response.status().as_u16(), pair.map_or_else(String::new, |(_, token)| token.to_owned()))
    }

    /// Starts a request to a path or URL.
    pub(crate) fn request(&self, method: Method, target: &str) -> http::request::Builder {
        // The account's name in containers stands for the gateway.
        let path = match &self.host {
            Some(host) => target.strip_prefix(&format!("http://{host}")).unwrap_or(target),
            None => target,
        };
        let uri = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.into() };
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(host) = &self.host {
            request = request.header("Host", host);
        }
        request
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: &Value) -> Value {
        let request = self
            .request(Method::POST, path)
            .header("Authorization", format!("Snowflake Token=\"{token}\""))
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let (status, body) = self.send(request).await;
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.post_as(&self.token, path, body).await
    }

    /// Runs a statement. Returns the envelope.
    pub(crate) async fn submit(&self, sql: &str) -> Value {
        let id = uuid::Uuid::new_v4();
        let path = format!("/queries/v1/query-request?requestId={id}");
        self.post(&path, &json!({"sqlText": sql})).await
    }

    /// Runs a statement on a platform that may end meanwhile.
    pub(crate) async fn try_submit(&self, sql: &str) -> Option<http::StatusCode> {
        let id = uuid::Uuid::new_v4();
        let request = self
            .request(Method::POST, &format!("/queries/v1/query-request?requestId={id}"))
            .header("Authorization", format!("Snowflake Token=\"{}\"", self.token))
            .header("Accept", "application/json")
            .body(Body::from(json!({"sqlText": sql}).to_string()))
            .unwrap();
        self.http.request(request).await.ok().map(|response| response.status())
    }

    /// The monitoring record of a query.
    pub(crate) async fn history(&self, query: &str) -> Value {
        let request = self
            .request(Method::GET, &format!("/monitoring/queries/{query}"))
            .header("Authorization", format!("Snowflake Token=\"{}\"", self.token))
            .body(Body::empty())
            .unwrap();
        let (status, body) = self.send(request).await;
        assert_eq!(status, 200);
        serde_json::from_slice::<Value>(&body).unwrap()["data"]["queries"][0].clone()
    }

    /// Runs a statement that succeeds. Returns the rows.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        let answer = self.submit(sql).await;
        assert_eq!(answer["success"], true, "{sql}\n{}", answer["message"]);
        let names: Vec<String> = answer["data"]["rowtype"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap().to_owned())
            .collect();
        let rows = answer["data"]["rowset"].as_array().unwrap();
        rows.iter()
            .map(|row| names.iter().cloned().zip(row.as_array().unwrap().clone()).collect())
            .collect()
    }

    /// Runs a statement that succeeds. Returns the first cell.
    pub(crate) async fn cell(&self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        rows[0].values().next().unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// Runs several statements that all succeed.
    pub(crate) async fn run(&self, statements: &str) {
        for statement in statements.split(';').filter(|text| !text.trim().is_empty()) {
            self.rows(statement).await;
        }
    }

    /// Runs a statement that fails. Returns the error code.
    pub(crate) async fn refused(&self, sql: &str) -> String {
        let answer = self.submit(sql).await;
        assert_eq!(answer["success"], false, "{sql} succeeded");
        assert!(answer["data"]["queryId"].is_string(), "no query id: {answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    /// Uploads a file to a stage, with an access token.
    pub(crate) async fn put(&self, stage: &str, name: &str, text: &str) {
        let sql = format!("PUT 'file:///x/{name}' {stage} OVERWRITE=TRUE AUTO_COMPRESS=FALSE");
        let answer = self.submit(&sql).await;
        let info = &answer["data"]["stageInfo"];
        let target = format!(
            "{}/{}{name}",
            info["endPoint"].as_str().unwrap(),
            info["location"].as_str().unwrap()
        )
        .replace(' ', "%20");
        let token = info["creds"]["GCS_ACCESS_TOKEN"].as_str().unwrap();
        let request = self
            .request(Method::PUT, &target)
            .header("Authorization", format!("Bearer {token}"))
            .body(Body::from(text.to_owned()))
            .unwrap();
        assert_eq!(self.send(request).await.0, 200, "{target}");
    }

    /// Pushes an image with one layer. Returns its digest.
    pub(crate) async fn push(&self, platform: &Platform, image: &str) -> String {
        let status = platform.status();
        self.push_as(&format!("{}:{}", status.user, status.password), image).await
    }

    /// Pushes an image with the session's token, for which no password is hashed.
    pub(crate) async fn push_quickly(&self, image: &str) -> String {
        self.push_as(&format!("0sessiontoken:{}", self.token), image).await
    }

    async fn push_as(&self, login: &str, image: &str) -> String {
        use base64::Engine;
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login));
        let upload = async |bytes: &[u8]| {
            let digest = digest(bytes);
            let request = self
                .request(Method::POST, &format!("/v2/{image}/blobs/uploads/?digest={digest}"))
                .header("Authorization", &basic)
                .header("Content-Type", "application/octet-stream")
                .body(Body::from(bytes.to_vec()))
                .unwrap();
            assert_eq!(self.send(request).await.0, 201);
            json!({"digest": digest, "size": bytes.len()})
        };
        let config = json!({"architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": []}});
        let mut config = upload(config.to_string().as_bytes()).await;
        config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        let mut layer = upload(image.as_bytes()).await;
        layer["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config,
            "layers": [layer]})
        .to_string();
        let request = self
            .request(Method::PUT, &format!("/v2/{image}/manifests/latest"))
            .header("Authorization", &basic)
            .header("Content-Type", kind)
            .body(Body::from(manifest.clone()))
            .unwrap();
        assert_eq!(self.send(request).await.0, 201);
        digest(manifest.as_bytes())
    }
}

/// The login of a service's containers.
pub(crate) fn token_login(platform: &Platform, service: &str) -> Value {
    json!({"AUTHENTICATOR": "OAUTH", "TOKEN": token(&platform.status().state_dir, service)})
}

/// The token in the file of one of a service's containers.
pub(crate) fn token(state_dir: &Path, service: &str) -> String {
    let catalog = rusqlite::Connection::open(state_dir.join("catalog.sqlite")).unwrap();
    let select = "SELECT value FROM records WHERE kind = 'object' AND key LIKE ?1";
    let key = format!(r#"["service",%"{service}"]]"#);
    let value: String = catalog.query_row(select, [key], |row| row.get(0)).unwrap();
    let object: Value = serde_json::from_str(&value).unwrap();
    let start = format!("{}.", object["id"].as_str().unwrap());
    let mut found = files_below(&state_dir.join("services"))
        .into_iter()
        .filter(|file| file.ends_with("token"))
        .map(|file| fs_err::read_to_string(file).unwrap());
    found.find(|token| token.starts_with(&start)).unwrap()
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The text in a column of a row.
pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).unwrap_or_else(|| panic!("no column {column}")).as_str().unwrap_or_default()
}
