//! Pushes to a fake registry that injects faults and stores what it receives.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::digest;
use crate::fake_http::{Answer, Request, Site, Trouble, serve};
use crate::progress::Silent;

/// A fault of the next request with a method.
#[derive(Clone, Copy)]
enum Fault {
    Status(u16),
    Trouble(Trouble),
}

#[derive(Default)]
struct State {
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    blobs: BTreeMap<String, Vec<u8>>,
    manifest: Option<Vec<u8>>,
    requests: Vec<String>,
}

#[derive(Default)]
struct Fake(Mutex<State>);

impl Fake {
    async fn start(faults: &[(&'static str, Fault)]) -> (Arc<Fake>, Registry) {
        let fake = Arc::new(Fake::default());
        for (method, fault) in faults {
            fake.0.lock().unwrap().faults.entry(method).or_default().push_back(*fault);
        }
        let address = serve(Arc::clone(&fake)).await;
        let mut registry = Registry::open(&format!("{address}/db/schema/repo"), None).ok().unwrap();
        registry.policy = RetryPolicy {
            tries: 4,
            pause: Duration::from_millis(5),
            stall: Duration::from_millis(300),
            commit: Duration::from_secs(10),
        };
        (fake, registry)
    }

    fn requests(&self, method: &str) -> usize {
        let state = self.0.lock().unwrap();
        state.requests.iter().filter(|request| request.starts_with(method)).count()
    }

    fn respond(&self, method: &str, path: &str, body: Vec<u8>) -> (u16, String) {
        let mut state = self.0.lock().unwrap();
        match (method, path) {
            ("HEAD", path) if path.contains("/manifests/") => match &state.manifest {
                Some(bytes) => (200, format!("docker-content-digest: {}\r\n", digest::of(bytes))),
                None => (404, String::new()),
            },
            ("HEAD", path) => {
                let known = state.blobs.contains_key(path.rsplit('/').next().unwrap());
                (if known { 200 } else { 404 }, String::new())
            }
            ("POST", _) => (202, "location: /v2/upload/1?state=x\r\n".to_owned()),
            ("PUT", path) if path.contains("/manifests/") => {
                state.manifest = Some(body);
                (201, "location: /v2/m\r\n".to_owned())
            }
            ("PUT", path) => {
                let digest = path.split("digest=").nth(1).unwrap().replace("%3A", ":");
                let ok = digest::of(&body) == digest;
                state.blobs.insert(digest, body);
                (if ok { 201 } else { 400 }, "location: /v2/b\r\n".to_owned())
            }
            _ => (200, "retry-after: 0\r\n".to_owned()),
        }
    }
}

impl Site for Fake {
    fn before_body(&self, request: &Request) -> Option<Trouble> {
        let mut state = self.0.lock().unwrap();
        state.requests.push(format!("{} {}", request.method, request.path));
        let faults = state.faults.get_mut(request.method.as_str())?;
        match faults.front()? {
            Fault::Trouble(trouble) => {
                let trouble = *trouble;
                faults.pop_front();
                Some(trouble)
            }
            Fault::Status(_) => None,
        }
    }

    fn answer(&self, request: Request) -> Answer {
        let fault = {
            let mut state = self.0.lock().unwrap();
            state.faults.get_mut(request.method.as_str()).and_then(VecDeque::pop_front)
        };
        let (status, headers) = match fault {
            Some(Fault::Status(status)) => (status, String::new()),
            _ => self.respond(&request.method, &request.path, request.body),
        };
        (status, headers, String::new())
    }
}

/// A layout with a config and one layer of incompressible bytes.
fn layout(folder: &Path) -> Layout {
    let blobs = folder.join("blobs/sha256");
    fs_err::create_dir_all(&blobs).unwrap();
    let mut state = 1_u64;
    let layer: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) as u8
    })
    .take(3 << 20)
    .collect();
    let keep = |bytes: &[u8]| {
        let digest = digest::of(bytes);
        fs_err::write(blobs.join(digest::hex_part(&digest).unwrap()), bytes).unwrap();
        serde_json::json!({"mediaType": "x", "digest": digest, "size": bytes.len()})
    };
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": crate::layout::MANIFEST,
        "config": keep(b"{}"), "layers": [keep(&layer)],
    });
    let manifest = keep(manifest.to_string().as_bytes());
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": "i", "manifests": [manifest]});
    fs_err::write(folder.join("index.json"), index.to_string()).unwrap();
    Layout::open(folder).unwrap()
}

async fn push_with_faults(
    faults: &[(&'static str, Fault)],
) -> (Arc<Fake>, Result<Pushed, PushError>) {
    let folder = tempfile::tempdir().unwrap();
    let (fake, registry) = Fake::start(faults).await;
    let layout = layout(folder.path());
    let result = push(&registry, &layout, "milvus", "abc", Arc::new(Silent)).await;
    (fake, result)
}

#[tokio::test]
async fn a_second_push_only_requests_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, registry) = Fake::start(&[]).await;
    let layout = layout(folder.path());
    let push = || push(&registry, &layout, "milvus", "abc", Arc::new(Silent));
    assert_eq!(push().await.unwrap(), Pushed::Sent);
    let before = fake.0.lock().unwrap().requests.len();
    assert_eq!(push().await.unwrap(), Pushed::AlreadyPresent);
    assert_eq!(fake.0.lock().unwrap().requests.len(), before + 1);
}

#[tokio::test]
async fn if_all_blobs_exist_only_the_manifest_is_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, registry) = Fake::start(&[]).await;
    let layout = layout(folder.path());
    let push = |tag| push(&registry, &layout, "milvus", tag, Arc::new(Silent));
    push("abc").await.unwrap();
    fake.0.lock().unwrap().manifest = None;
    assert_eq!(push("def").await.unwrap(), Pushed::Sent);
    assert_eq!(fake.requests("PUT /v2/upload"), 2);
}

#[tokio::test]
async fn after_a_lost_connection_or_a_server_error_the_whole_body_is_sent_again() {
    let faults = [
        ("HEAD", Fault::Status(503)),
        ("PUT", Fault::Trouble(Trouble::Cut)),
        ("PUT", Fault::Status(502)),
        ("POST", Fault::Status(429)),
    ];
    let (fake, result) = push_with_faults(&faults).await;
    assert_eq!(result.unwrap(), Pushed::Sent);
    let state = fake.0.lock().unwrap();
    assert!(state.blobs.iter().all(|(digest, bytes)| digest::of(bytes) == *digest));
}

#[tokio::test]
async fn a_stalled_upload_is_restarted() {
    let (fake, result) = push_with_faults(&[("PUT", Fault::Trouble(Trouble::Hang))]).await;
    assert_eq!(result.unwrap(), Pushed::Sent);
    assert_eq!(fake.requests("PUT /v2/upload"), 3);
}

#[tokio::test]
async fn a_request_without_a_response_is_sent_again() {
    let hang = Fault::Trouble(Trouble::Hang);
    let answered = Fault::Status(404);
    // HEAD of the manifest, HEAD of a blob, POST of an upload; below, PUT of the manifest.
    for faults in [&[("HEAD", hang)][..], &[("HEAD", answered), ("HEAD", hang)], &[("POST", hang)]]
    {
        let (_, result) = push_with_faults(faults).await;
        assert_eq!(result.unwrap(), Pushed::Sent);
    }
    let sent = Fault::Status(201);
    let (_, result) = push_with_faults(&[("PUT", sent), ("PUT", sent), ("PUT", hang)]).await;
    assert_eq!(result.unwrap(), Pushed::Sent);
}

#[tokio::test]
async fn a_forbidden_push_is_not_retried_and_the_hint_names_the_privilege() {
    let (fake, result) = push_with_faults(&[("POST", Fault::Status(403)); 2]).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Refused);
    assert!(error.hint().unwrap().contains("needs WRITE on the image repository"), "{error:?}");
    assert_eq!(fake.requests("PUT"), 0);
}

#[tokio::test]
async fn persistent_server_errors_end_the_retries() {
    let (fake, result) = push_with_faults(&[("HEAD", Fault::Status(500)); 9]).await;
    assert!(result.unwrap_err().to_string().contains("answers 500"));
    assert_eq!(fake.requests("HEAD"), 4);
}
