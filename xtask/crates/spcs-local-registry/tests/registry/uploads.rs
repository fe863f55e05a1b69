//! Tests of blob transfers: sessions, chunks, mounts, ranges, faults.

use std::time::Duration;

use http::{Method, StatusCode};
use spcs_local_registry::Fault;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{TestServer, code, digest};

const NAME: &str = "db/public/one/app";

async fn start_upload(server: &TestServer) -> String {
    let answer = server.send(Method::POST, &format!("/v2/{NAME}/blobs/uploads/"), &[], "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("http://") && location.contains('?'), "{location}");
    location
}

#[tokio::test]
async fn chunks_must_arrive_in_order_and_an_error_states_the_expected_offset() {
    let server = TestServer::start().await;
    let mut location = start_upload(&server).await;
    for (range, chunk, received) in [(Some("0-3"), "abcd", "0-3"), (None, "ef", "0-5")] {
        let headers: Vec<_> = range.map(|range| ("content-range", range)).into_iter().collect();
        let answer = server.send(Method::PATCH, &location, &headers, chunk).await;
        assert_eq!((answer.status, answer.header("range")), (StatusCode::ACCEPTED, received));
        location = answer.header("location").to_owned();
    }
    for wrong in ["0-1", "7-8", "6-9", "x"] {
        let headers = [("content-range", wrong)];
        let answer = server.send(Method::PATCH, &location, &headers, "gh").await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{wrong}");
        assert_eq!(answer.header("range"), "0-5");
    }
    let status = server.get(&location).await;
    assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-5"));
    let whole = digest(b"abcdefgh");
    let answer = server.send(Method::PUT, &format!("{location}&digest={whole}"), &[], "gh").await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(server.get(answer.header("location")).await.text(), "abcdefgh");
    assert_eq!(code(&server.get(&location).await), "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn content_with_a_wrong_digest_is_refused_and_deleted() {
    let server = TestServer::start().await;
    let location = start_upload(&server).await;
    let other = digest(b"other");
    let answer = server.send(Method::PUT, &format!("{location}&digest={other}"), &[], "some").await;
    assert_eq!((answer.status, &*code(&answer)), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    let blob = server.get(&format!("/v2/{NAME}/blobs/{other}")).await;
    assert_eq!((blob.status, &*code(&blob)), (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"));
    assert_eq!(fs_err::read_dir(server.directory.path().join("temporary")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_cancelled_upload_no_longer_exists() {
    let server = TestServer::start().await;
    let location = start_upload(&server).await;
    let answer = server.send(Method::DELETE, &location, &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(code(&server.get(&location).await), "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_mounted_only_from_a_repository_that_has_it() {
    let server = TestServer::start().await;
    let blob = server.push_blob("db/public/two/base", b"layer").await;
    let head = async || {
        server.send(Method::HEAD, &format!("/v2/{NAME}/blobs/{blob}"), &[], "").await.status
    };
    assert_eq!(head().await, StatusCode::NOT_FOUND);
    let mount = async |query: String| {
        let path = format!("/v2/{NAME}/blobs/uploads/?{query}");
        server.send(Method::POST, &path, &[], "").await.status
    };
    assert_eq!(mount(format!("mount={blob}")).await, StatusCode::ACCEPTED);
    let unknown = digest(b"unknown");
    let from = "from=db/public/two/base";
    assert_eq!(mount(format!("mount={unknown}&{from}")).await, StatusCode::ACCEPTED);
    assert_eq!(mount(format!("mount={blob}&{from}")).await, StatusCode::CREATED);
    assert_eq!(head().await, StatusCode::OK);
}

#[tokio::test]
async fn a_byte_range_of_a_blob_can_be_requested() {
    let server = TestServer::start().await;
    let blob = server.push_blob(NAME, b"0123456789").await;
    let path = format!("/v2/{NAME}/blobs/{blob}");
    let part = server.send(Method::GET, &path, &[("range", "bytes=2-4")], "").await;
    assert_eq!((part.status, part.text()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let past = server.send(Method::GET, &path, &[("range", "bytes=10-")], "").await;
    assert_eq!(past.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(past.header("content-range"), "bytes */10");
}

#[tokio::test]
async fn an_interrupted_upload_can_be_resumed() {
    let server = TestServer::start().await;
    let location = start_upload(&server).await;
    server.faults.plan(Method::PATCH, "/blobs/uploads/", Fault::Cut { after: 3 });
    let headers = [("authorization", crate::server::basic(crate::accounts::ADMIN))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let broken = server.try_send(Method::PATCH, &location, &headers, "abcdef").await;
    assert!(broken.is_err(), "{broken:?}");
    assert_eq!(server.faults.pending(), 0);
    let status = server.get(&location).await;
    assert_eq!(status.header("range"), "0-2");
    let put = format!("{location}&digest={}", digest(b"abcdef"));
    let answer = server.send(Method::PUT, &put, &[("content-range", "3-5")], "def").await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn each_planned_fault_is_injected_once() {
    let server = TestServer::start().await;
    let blob = server.push_blob(NAME, b"0123456789").await;
    let path = format!("/v2/{NAME}/blobs/{blob}");
    let faults = &server.faults;
    faults.plan(Method::GET, "/blobs/", Fault::Status(StatusCode::UNAUTHORIZED));
    faults.plan(Method::GET, "/blobs/", Fault::TooManyRequests { retry_after: 7 });
    faults.plan(Method::GET, "/blobs/", Fault::Status(StatusCode::BAD_GATEWAY));
    faults.plan(Method::GET, "/blobs/", Fault::Cut { after: 4 });
    faults.plan(Method::GET, "/manifests/", Fault::Status(StatusCode::BAD_GATEWAY));
    let answer = server.get(&path).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Bearer realm="));
    let answer = server.get(&path).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "7"));
    assert_eq!(server.get(&path).await.status, StatusCode::BAD_GATEWAY);
    let headers = [("authorization", crate::server::basic(crate::accounts::ADMIN))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(server.try_send(Method::GET, &path, &headers, "").await.is_err());
    assert_eq!(server.get(&path).await.text(), "0123456789");
    assert_eq!(faults.pending(), 1);
}

#[tokio::test]
async fn an_upload_does_not_recreate_a_repository_dropped_in_the_meantime() {
    let server = TestServer::start().await;
    let location = start_upload(&server).await;
    let target = format!("{location}&digest={}", digest(b"late"));
    let authorization = crate::server::basic(crate::accounts::ADMIN);
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\n\
         Connection: close\r\nContent-Length: 4\r\n\r\nla",
        server.address
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let temporary = server.directory.path().join("temporary");
    let received =
        || temporary.read_dir().unwrap().any(|f| f.unwrap().metadata().unwrap().len() == 2);
    let two_bytes_received = async {
        while !received() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), two_bytes_received)
        .await
        .expect("two bytes should arrive");
    server.accounts.drop_repository("db/public/one");
    server.registry.remove_repository(&crate::accounts::id("db/public/one")).unwrap();
    stream.write_all(b"te").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("NAME_UNKNOWN"), "{answer}");
    let left =
        |path: &str| server.directory.path().join(path).read_dir().map_or(0, Iterator::count);
    assert_eq!((left("repositories"), left("temporary")), (0, 0));
}
