//! An HTTP server for tests: a minimal HTTP/1.1 implementation for real clients, which can also
//! fail as real servers do.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// Empty during `before_body`.
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A failure instead of a response.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    /// Reads half of the body, then closes the connection.
    Cut,
    /// Neither reads the body nor responds.
    Hang,
}

/// Status, additional header lines (each with its line ending), body.
pub(crate) type Answer = (u16, String, String);

/// Handles the requests.
pub(crate) trait Site: Send + Sync + 'static {
    /// Called between the head and the body of a request.
    fn before_body(&self, _request: &Request) -> Option<Trouble> {
        None
    }

    fn answer(&self, request: Request) -> Answer;
}

/// Serves on a free loopback port until the test's runtime is dropped.
pub(crate) async fn serve(site: Arc<impl Site>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, Arc::clone(&site)));
        }
    });
    address
}

async fn connection(stream: TcpStream, site: Arc<impl Site>) {
    let mut stream = BufReader::new(stream);
    while let Some(mut request) = head(&mut stream).await {
        let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
        let trouble = site.before_body(&request);
        if trouble == Some(Trouble::Hang) {
            std::future::pending::<()>().await;
        }
        request.body = vec![0; if trouble.is_some() { length / 2 } else { length }];
        if stream.read_exact(&mut request.body).await.is_err() || trouble.is_some() {
            return;
        }
        let (status, headers, body) = site.answer(request);
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn head(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut words = lines[0].split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers = lines[1..].iter().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let headers = headers.collect();
    Some(Request { method, path, headers, body: Vec::new() })
}
