//! What clients send. Each attack repeats its requests from many clients at once until its time is
//! over.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use flate2::{Compression, write::GzEncoder};
use http::Method;
use serde_json::json;
use spcs_local::Status;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Client;

/// Clients that send requests at the same time.
const CLIENTS: usize = 32;
/// Connections that are held open.
const CONNECTIONS: usize = 800;

#[derive(Clone, Copy)]
pub(crate) enum Attack {
    UnpackedLogins,
    NestedLogins,
    NestedSpecifications,
    RepeatedAliases,
    ManyTokens,
    ManyStatements,
    LargeResults,
    HalfHeads,
    HalfBodies,
    SlowReaders,
}

impl Attack {
    pub(crate) const ALL: [Attack; 10] = [
        Attack::UnpackedLogins,
        Attack::NestedLogins,
        Attack::NestedSpecifications,
        Attack::RepeatedAliases,
        Attack::ManyTokens,
        Attack::ManyStatements,
        Attack::LargeResults,
        Attack::HalfHeads,
        Attack::HalfBodies,
        Attack::SlowReaders,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Attack::UnpackedLogins => "logins that unpack to 64 MiB",
            Attack::NestedLogins => "logins with deep JSON",
            Attack::NestedSpecifications => "deep specifications",
            Attack::RepeatedAliases => "specifications full of aliases",
            Attack::ManyTokens => "statements of 24,000 tokens",
            Attack::ManyStatements => "requests of 1,000 statements",
            Attack::LargeResults => "results of 3 MiB",
            Attack::HalfHeads => "connections with half a head",
            Attack::HalfBodies => "connections with half a body",
            Attack::SlowReaders => "connections that read nothing",
        }
    }

    pub(crate) async fn run(self, status: &Status, client: Arc<Client>, time: Duration) {
        let zeros = || gzip(format!("{{\"data\": [0{}]}}", ",0".repeat(32 << 20)).as_bytes());
        let nested = || "[".repeat(60 << 10).into_bytes();
        match self {
            Attack::UnpackedLogins => repeat(client, LOGIN, zeros(), time).await,
            Attack::NestedLogins => repeat(client, LOGIN, nested(), time).await,
            Attack::NestedSpecifications => {
                let spec = format!("spec: {}{}", "[".repeat(100_000), "]".repeat(100_000));
                repeat(client, QUERY, service(&spec), time).await;
            }
            Attack::RepeatedAliases => repeat(client, QUERY, service(&aliases()), time).await,
            Attack::ManyTokens => {
                let text = format!("SELECT 1{}", "+1".repeat(11_900));
                repeat(client, QUERY, query(&text), time).await;
            }
            Attack::ManyStatements => {
                repeat(client, QUERY, query(&"SELECT 1 AS a, 2;".repeat(1000)), time).await;
            }
            Attack::LargeResults => {
                let value = json!({"1": {"type": "TEXT", "value": "x".repeat(3 << 20)}});
                let body = json!({"sqlText": "SELECT ?", "bindings": value});
                repeat(client, QUERY, body.to_string().into_bytes(), time).await;
            }
            Attack::HalfHeads => {
                let text =
                    format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: {}", "a".repeat(60_000));
                hold(status.port, text.into_bytes(), time).await;
            }
            Attack::HalfBodies => {
                let text = format!(
                    "POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                     Content-Length: 65000\r\n\r\n{}",
                    " ".repeat(64_000)
                );
                hold(status.port, text.into_bytes(), time).await;
            }
            Attack::SlowReaders => {
                let text = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(20_000);
                hold(status.port, text.into_bytes(), time).await;
            }
        }
    }
}

const LOGIN: &str = "/session/v1/login-request";
const QUERY: &str = "/queries/v1/query-request";

/// Makes what the attacks need.
pub(crate) async fn prepare(status: &Status) -> Client {
    let client = Client::admin_of(status).await;
    client
        .run(
            "CREATE DATABASE d; CREATE ROLE r; GRANT ROLE r TO USER admin;
             GRANT USAGE ON DATABASE d TO ROLE r; GRANT USAGE ON SCHEMA d.public TO ROLE r;
             GRANT CREATE SERVICE ON SCHEMA d.public TO ROLE r;
             CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S;
             GRANT USAGE ON COMPUTE POOL p TO ROLE r; USE ROLE r; USE SCHEMA d.public",
        )
        .await;
    client
}

/// Sends the same request from all clients until the time is over.
async fn repeat(client: Arc<Client>, path: &'static str, body: Vec<u8>, time: Duration) {
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, body) = (Arc::clone(&client), body.clone());
        tasks.spawn(async move {
            loop {
                let request = client
                    .request(Method::POST, path)
                    .header("Authorization", format!("Snowflake Token=\"{}\"", client.token))
                    .header("Accept", "application/json")
                    .header("Content-Type", "application/json")
                    .body(Body::from(body.clone()))
                    .unwrap();
                let (status, _) = client.send(request).await;
                // 503: the bodies of all requests together are too large at this moment.
                assert!(matches!(status, 200 | 503), "{path}: {status}");
            }
        });
    }
    assert!(tokio::time::timeout(time, tasks.join_next()).await.is_err(), "a client failed");
    // Responses that are under way come to nothing.
    tasks.shutdown().await;
}

/// Opens connections that send this text, read nothing and stay open. Opens new ones for those that
/// the platform closes.
async fn hold(port: u16, text: Vec<u8>, time: Duration) {
    let text = Arc::new(text);
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let text = Arc::clone(&text);
        tasks.spawn(async move {
            loop {
                if let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                    // The platform may close the connection at any moment.
                    let _ = stream.write_all(&text).await;
                    let _ = stream.readable().await;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
    tokio::time::sleep(time).await;
    tasks.shutdown().await;
}

fn query(text: &str) -> Vec<u8> {
    let request = json!({"sqlText": text, "parameters": {"MULTI_STATEMENT_COUNT": 0}});
    request.to_string().into_bytes()
}

fn service(spec: &str) -> Vec<u8> {
    query(&format!("CREATE SERVICE s IN COMPUTE POOL p FROM SPECIFICATION $${spec}$$"))
}

/// A list of lists, each of which names the list before ten times.
fn aliases() -> String {
    let mut spec = "a: &a [0,0,0,0,0,0,0,0,0,0]\n".to_owned();
    for name in 'b'..='i' {
        let before = char::from_u32(u32::from(name) - 1).unwrap();
        spec.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(",")));
    }
    spec
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
