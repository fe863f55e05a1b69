//! Measures how long a health check takes while the platform is busy: with sessions that run
//! statements, pushes of images, and clients that guess passwords.
//!
//! `cargo bench -p spcs-local --bench health` measures an optimised build; with `--profile dev`, it
//! measures the build that everyone runs. It fails if a health check takes longer than the limit.

#![allow(clippy::unwrap_used, reason = "a benchmark fails on an unexpected error")]

#[allow(dead_code, reason = "only the tests use all of it")]
#[path = "../tests/wire/client.rs"]
mod client;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use client::{Client, platform, quick};
use http::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use spcs_local::Platform;

const SESSIONS: usize = 32;
const PUSHES: usize = 16;
const GUESSERS: usize = 32;
/// The size of a pushed blob.
const BLOB: usize = 8 << 20;
/// How long a health check may take.
const LIMIT: Duration = Duration::from_millis(200);

/// How often each kind of client has completed something.
#[derive(Default)]
struct Done {
    statements: AtomicUsize,
    pushes: AtomicUsize,
    guesses: AtomicUsize,
}

fn main() -> ExitCode {
    // `cargo test --benches` also runs this, without `--bench`; it does not measure then.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let time = if measures { Duration::from_secs(20) } else { Duration::from_millis(500) };
    // The platform has threads of its own, as it has in its own process.
    let of_platform = tokio::runtime::Runtime::new().unwrap();
    let of_clients = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let platform = Arc::new(of_platform.block_on(platform(directory.path(), quick())));
    let done = Arc::new(Done::default());
    let admin = of_clients.block_on(prepare(&platform));
    of_clients.block_on(start(&platform, &Arc::new(admin), &done));
    let times = measure(platform.status().port, time);
    drop(of_clients);
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    println!(
        "{} statements, {} blobs of {} MiB, {} guesses in {time:.0?}",
        count(&done.statements),
        count(&done.pushes),
        BLOB >> 20,
        count(&done.guesses)
    );
    let middle = times[times.len() / 2];
    let longest = times[times.len() - 1];
    println!("{} health checks: median {middle:.1?}, longest {longest:.1?}", times.len());
    if let Ok(platform) = Arc::try_unwrap(platform) {
        of_platform.block_on(platform.stop());
    }
    if measures && longest > LIMIT {
        println!("a health check takes longer than {LIMIT:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn prepare(platform: &Platform) -> Client {
    let client = Client::admin(platform).await;
    client.run("CREATE DATABASE d; CREATE IMAGE REPOSITORY r").await;
    client
}

/// Starts the clients, which run until their runtime ends.
async fn start(platform: &Arc<Platform>, admin: &Arc<Client>, done: &Arc<Done>) {
    for number in 0..SESSIONS {
        let (session, done) = (Client::admin(platform).await, Arc::clone(done));
        tokio::spawn(async move {
            session.run("USE SCHEMA d.public").await;
            for round in 0_usize.. {
                let name = format!("s{number}_{}", round % 4);
                session.run(&format!("CREATE OR REPLACE STAGE {name}; SHOW STAGES")).await;
                done.statements.fetch_add(2, Ordering::Relaxed);
            }
        });
    }
    let issue = json!({"oldSessionToken": admin.token, "requestType": "ISSUE"});
    let issued = admin.post_as(&admin.master, "/session/token-request", &issue).await;
    let bearer = format!("Bearer {}", issued["data"]["sessionToken"].as_str().unwrap());
    for number in 0..PUSHES {
        let (admin, done, bearer) = (Arc::clone(admin), Arc::clone(done), bearer.clone());
        tokio::spawn(async move {
            for round in 0_usize.. {
                push(&admin, &bearer, &format!("{number} {round} ")).await;
                done.pushes.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for number in 0..GUESSERS {
        let (platform, done) = (Arc::clone(platform), Arc::clone(done));
        tokio::spawn(async move {
            for round in 0_usize.. {
                let user = format!("user{number}_{}", round % 10);
                let refused = Client::login(&platform, &user, "wrong", json!({})).await;
                assert!(refused.is_err());
                done.guesses.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

async fn push(client: &Client, bearer: &str, seed: &str) {
    let bytes = seed.repeat(BLOB / seed.len());
    let digest: String =
        Sha256::digest(bytes.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/v2/d/public/r/i/blobs/uploads/?digest=sha256:{digest}");
    let request = client
        .request(Method::POST, &path)
        .header("Authorization", bearer)
        .header("Content-Type", "application/octet-stream")
        .body(Body::from(bytes))
        .unwrap();
    assert_eq!(client.send(request).await.0, 201);
}

/// The times of health checks, each on a new connection, shortest first.
fn measure(port: u16, time: Duration) -> Vec<Duration> {
    let request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < time {
        let begun = Instant::now();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        times.push(begun.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    times.sort();
    times
}
