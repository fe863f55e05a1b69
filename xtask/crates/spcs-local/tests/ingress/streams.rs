//! Large bodies, streams, upgraded connections and idle timeouts.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::accounts::ADMIN;
use crate::upstream::{HOST, Ingress};

const LONG: Duration = Duration::from_secs(60);
/// Must be long enough for the requests before the timeout, even on a busy machine.
const SHORT: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn a_large_body_arrives_complete_in_both_directions() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let body: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 251) as u8).collect();
    let answer = ingress.send(Method::POST, "/echo", &[("cookie", &cookie)], body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body == body, "{} bytes came back", answer.body.len());
}

#[tokio::test]
async fn streams_are_forwarded_without_buffering() {
    let ingress = Ingress::start(LONG).await;
    let cookie = ingress.cookie(ADMIN).await;
    let (pieces, waiting) = mpsc::channel::<Bytes>(1);
    let body = Body::from_stream(futures_util::stream::unfold(waiting, async |mut waiting| {
        Some((Ok::<_, Infallible>(waiting.recv().await?), waiting))
    }));
    let request = http::Request::post("/echo").header("host", HOST).header("cookie", cookie);
    let stream = TcpStream::connect(ingress.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut response = sender.send_request(request.body(body).unwrap()).await.unwrap();
    for piece in ["one", "two", "three"] {
        pieces.send(Bytes::from(piece)).await.unwrap();
        let frame = response.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), piece);
    }
}

/// Opens an upgraded connection; returns it and the head of the response.
async fn open(ingress: &Ingress) -> (TcpStream, String) {
    let cookie = ingress.cookie(ADMIN).await;
    open_as(ingress, &format!("Cookie: {cookie}")).await
}

async fn open_as(ingress: &Ingress, credential: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(ingress.address).await.unwrap();
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: {HOST}\r\n{credential}\r\nOrigin: http://{HOST}\r\n\
         Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org, other\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap().to_ascii_lowercase())
}

#[tokio::test]
async fn an_upgraded_connection_has_a_subprotocol_and_carries_bytes_both_ways() {
    let ingress = Ingress::start(LONG).await;
    let (mut stream, head) = open(&ingress).await;
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    for line in [
        "\r\nupgrade: websocket\r\n",
        "\r\nconnection: upgrade\r\n",
        "\r\nsec-websocket-protocol: v1.kernel.websocket.jupyter.org\r\n",
    ] {
        assert!(head.contains(line), "{head}");
    }
    for message in ["ping", "pong"] {
        stream.write_all(message.as_bytes()).await.unwrap();
        let mut echoed = [0; 4];
        stream.read_exact(&mut echoed).await.unwrap();
        assert_eq!(&echoed, message.as_bytes());
    }
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_without_traffic_is_closed() {
    let ingress = Ingress::start(SHORT).await;
    let (mut stream, _) = open(&ingress).await;
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);

    let cookie = ingress.cookie(ADMIN).await;
    let silent = ingress.get("/silent", &[("cookie", &cookie)]).await;
    assert_eq!(silent.status, StatusCode::GATEWAY_TIMEOUT);

    let request = http::Request::get("/stall").header("host", HOST).header("cookie", cookie);
    let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
    let stalled = crate::http_client::send(ingress.address, request).await;
    assert!(stalled.is_err(), "{stalled:?}");
}

/// Whether the other side closes the connection within 10 s.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest));
    read.await.is_ok()
}

#[tokio::test]
async fn signing_out_closes_the_websockets_of_that_session_only() {
    let ingress = Ingress::start(LONG).await;
    let mine = ingress.cookie(ADMIN).await;
    let (mut stream, _) = open_as(&ingress, &format!("Cookie: {mine}")).await;
    let (mut other, _) = open(&ingress).await;
    ingress.get("/sfc-endpoint/logout", &[("cookie", &mine)]).await;
    assert!(is_closed(&mut stream).await);
    other.write_all(b"ping").await.unwrap();
    let mut echoed = [0; 4];
    other.read_exact(&mut echoed).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_programs_session_closes_its_websockets() {
    let ingress = Ingress::start(LONG).await;
    let token = ingress.accounts.program_token(ADMIN.0);
    let header = format!("Authorization: Snowflake Token=\"{token}\"");
    let (mut stream, _) = open_as(&ingress, &header).await;
    ingress.accounts.end(&token);
    assert!(is_closed(&mut stream).await);
}
