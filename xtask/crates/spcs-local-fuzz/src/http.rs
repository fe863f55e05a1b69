//! Sends requests that no HTTP library would send.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a client waits. A case that takes longer than its limit is a defect before that.
const PATIENCE: Duration = Duration::from_secs(20);
/// The headers that say how long a body is, or when it comes.
const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "expect"];

/// What a server answered.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// The head and the body.
    pub text: String,
}

/// Sends a request in the format of the seeds: the lines of the head, an empty line and the body.
/// The length of the body is added, unless the head says something about it. Returns `None` if the
/// server closes the connection without an answer.
///
/// # Errors
/// If the connection fails, or the server does not answer.
pub fn exchange(server: SocketAddr, request: &[u8]) -> io::Result<Option<Response>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (bytes, is_complete) = framed(request);
    // A server may refuse a request before it has read all of it.
    let _ = stream.write_all(&bytes);
    if !is_complete {
        // The server may wait for the rest.
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut received = Vec::new();
    let mut buffer = [0; 16 << 10];
    while status(&received) != Some(101) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => return Err(error),
        }
        if status(&received).is_some() && !closes(&received) {
            // The change hid from the server that no other request follows.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
    let text = String::from_utf8_lossy(after_interim(&received)).into_owned();
    Ok(status(&received).map(|status| Response { status, text }))
}

/// The status of the final response, as soon as its head is complete.
fn status(received: &[u8]) -> Option<u16> {
    let response = after_interim(received);
    find(response, b"\r\n\r\n")?;
    std::str::from_utf8(response.get(9..12)?).ok()?.parse().ok().filter(|status| *status != 100)
}

/// Whether the server ends the connection after its response.
fn closes(received: &[u8]) -> bool {
    let response = after_interim(received);
    find(response, b"\r\nconnection: close\r\n").is_some()
}

/// What follows `100 Continue`.
fn after_interim(received: &[u8]) -> &[u8] {
    match find(received, b"\r\n\r\n") {
        Some(end) if received.starts_with(b"HTTP/1.1 100") => &received[end + 4..],
        _ => received,
    }
}

/// The bytes of a request on the wire, and whether the server can know where it ends.
fn framed(request: &[u8]) -> (Vec<u8>, bool) {
    let (head, body) = match find(request, b"\n\n") {
        Some(end) => (&request[..end], &request[end + 2..]),
        None => (request, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut bytes = [lines.next().unwrap_or(b"GET /"), b" HTTP/1.1\r\n"].concat();
    let mut is_complete = true;
    for line in lines {
        is_complete &= !frames(line);
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
    }
    if is_complete {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"Connection: close\r\n\r\n");
    bytes.extend_from_slice(body);
    (bytes, is_complete)
}

fn frames(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
    FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing.as_bytes()))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
