//! A registry on a socket, and a client that pushes and pulls.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};
use spcs_local_registry::{Faults, Registry};
use tempfile::TempDir;

use crate::accounts::{ADMIN, Accounts};
use crate::http::{Answer, send, serve};

/// The code of the first error in a response.
pub(crate) fn code(answer: &Answer) -> String {
    answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn basic((user, password): (&str, &str)) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A registry on a socket, with methods to send requests to it.
pub(crate) struct TestServer {
    pub(crate) registry: Registry,
    pub(crate) faults: Faults,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) address: SocketAddr,
    pub(crate) directory: TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> TestServer {
        let directory = tempfile::tempdir().unwrap();
        let faults = Faults::default();
        let registry = Registry::open(directory.path()).unwrap().with_faults(faults.clone());
        let accounts = Arc::new(Accounts::default());
        let address = serve(registry.router(Arc::clone(&accounts) as _)).await;
        TestServer { registry, faults, accounts, address, directory }
    }

    /// Sends a request as `ADMIN`. `path` may also be an absolute URL.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let authorization = basic(ADMIN);
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        self.try_send(method, path, &headers, body).await.unwrap()
    }

    /// Sends a request without credentials, except those in `headers`.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, hyper::Error> {
        let own = format!("http://{}", self.address);
        let path = path.strip_prefix(&own).unwrap_or(path);
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", self.address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(self.address, request.body(Full::new(body.into())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Uploads a blob in one request and returns its digest.
    pub(crate) async fn push_blob(&self, name: &str, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        let answer = self.send(Method::POST, &path, &[], bytes.to_vec()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        digest
    }

    pub(crate) async fn put_manifest(&self, name: &str, reference: &str, manifest: &str) -> Answer {
        let value: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default();
        let media_type = value["mediaType"].as_str().unwrap_or(OCI_MANIFEST).to_owned();
        let path = format!("/v2/{name}/manifests/{reference}");
        let headers = [("content-type", media_type.as_str())];
        self.send(Method::PUT, &path, &headers, manifest.to_owned()).await
    }

    /// Pushes an image with one layer and returns the digest of its manifest.
    pub(crate) async fn push_image(&self, name: &str, tag: &str, layer: &[u8]) -> String {
        self.push_blob(name, CONFIG).await;
        self.push_blob(name, layer).await;
        let answer = self.put_manifest(name, tag, &manifest(layer)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.header("docker-content-digest").to_owned()
    }
}

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const CONFIG: &[u8] = br#"{"os":"linux","architecture":"amd64"}"#;

/// The manifest of an image with `CONFIG` and one layer.
pub(crate) fn manifest(layer: &[u8]) -> String {
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest(CONFIG),
            "size": CONFIG.len(),
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": digest(layer),
            "size": layer.len(),
        }],
    })
    .to_string()
}
