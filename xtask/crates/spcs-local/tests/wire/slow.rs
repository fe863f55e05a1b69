//! Clients that send slowly or not at all.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use std::io::{Read as _, Write as _};

use crate::client::{Client, platform, quick};

/// More connections than the platform keeps.
const MANY: usize = 600;
/// How long a health check may take while they are open.
const PROMPT: Duration = Duration::from_secs(2);

fn connect(platform: &spcs_local::Platform, text: &str) -> TcpStream {
    let address = SocketAddr::from(([127, 0, 0, 1], platform.status().port));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends a request on its own connection and returns the status line.
fn health(platform: &spcs_local::Platform) -> String {
    let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let mut text = String::new();
    connect(platform, request).read_to_string(&mut text).unwrap();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_never_completed_keep_nobody_out() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    let login = "POST /session/v1/login-request HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                 Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    for text in ["", "GET /healthz HTTP/1.1\r\nHo", login] {
        let mut open = Vec::new();
        for _ in 0..MANY {
            open.push(connect(&platform, text));
        }
        let started = Instant::now();
        assert_eq!(health(&platform), "HTTP/1.1 200 OK", "{text:?}");
        assert_eq!(client.cell("SELECT 1").await, "1");
        assert!(started.elapsed() < PROMPT, "{text:?}: {:?}", started.elapsed());
        // The first ones were closed.
        let closed = open[0].read(&mut [0; 1]);
        assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    }
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_platform_does_not_wait_for_idle_clients() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let _idle = connect(&platform, "");
    let _half = connect(&platform, "GET /healthz HTTP/1.1\r\nHo");
    assert_eq!(health(&platform), "HTTP/1.1 200 OK");
    let started = Instant::now();
    platform.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
