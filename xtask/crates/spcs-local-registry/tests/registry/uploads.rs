//! Bytes on their way in and out: sessions, chunks, mounts, ranges, faults.

use std::time::Duration;

use http::{Method, StatusCode};
use spcs_local_registry::Fault;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Served, code, digest};

const NAME: &str = "db/public/one/app";

async fn start_upload(served: &Served) -> String {
    let answer = served.send(Method::POST, &format!("/v2/{NAME}/blobs/uploads/"), &[], "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("http://") && location.contains('?'), "{location}");
    location
}

#[tokio::test]
async fn chunks_are_taken_in_order_and_a_wrong_one_is_answered_with_the_right_place() {
    let served = Served::start().await;
    let mut location = start_upload(&served).await;
    for (range, chunk, received) in [(Some("0-3"), "abcd", "0-3"), (None, "ef", "0-5")] {
        let headers: Vec<_> = range.map(|range| ("content-range", range)).into_iter().collect();
        let answer = served.send(Method::PATCH, &location, &headers, chunk).await;
        assert_eq!((answer.status, answer.header("range")), (StatusCode::ACCEPTED, received));
        location = answer.header("location").to_owned();
    }
    for wrong in ["0-1", "7-8", "6-9", "x"] {
        let headers = [("content-range", wrong)];
        let answer = served.send(Method::PATCH, &location, &headers, "gh").await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{wrong}");
        assert_eq!(answer.header("range"), "0-5");
    }
    let status = served.get(&location).await;
    assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-5"));
    let whole = digest(b"abcdefgh");
    let answer = served.send(Method::PUT, &format!("{location}&digest={whole}"), &[], "gh").await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(served.get(answer.header("location")).await.text(), "abcdefgh");
    assert_eq!(code(&served.get(&location).await), "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn content_that_has_another_digest_is_refused_and_forgotten() {
    let served = Served::start().await;
    let location = start_upload(&served).await;
    let other = digest(b"other");
    let answer = served.send(Method::PUT, &format!("{location}&digest={other}"), &[], "some").await;
    assert_eq!((answer.status, &*code(&answer)), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    let blob = served.get(&format!("/v2/{NAME}/blobs/{other}")).await;
    assert_eq!((blob.status, &*code(&blob)), (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"));
    assert_eq!(std::fs::read_dir(served.directory.path().join("temporary")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_gone() {
    let served = Served::start().await;
    let location = start_upload(&served).await;
    let answer = served.send(Method::DELETE, &location, &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(code(&served.get(&location).await), "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_mounted_from_another_repository_only_if_that_has_it() {
    let served = Served::start().await;
    let blob = served.push_blob("db/public/two/base", b"layer").await;
    let head = async || {
        served.send(Method::HEAD, &format!("/v2/{NAME}/blobs/{blob}"), &[], "").await.status
    };
    assert_eq!(head().await, StatusCode::NOT_FOUND);
    let mount = async |query: String| {
        let path = format!("/v2/{NAME}/blobs/uploads/?{query}");
        served.send(Method::POST, &path, &[], "").await.status
    };
    assert_eq!(mount(format!("mount={blob}")).await, StatusCode::ACCEPTED);
    let unknown = digest(b"unknown");
    let from = "from=db/public/two/base";
    assert_eq!(mount(format!("mount={unknown}&{from}")).await, StatusCode::ACCEPTED);
    assert_eq!(mount(format!("mount={blob}&{from}")).await, StatusCode::CREATED);
    assert_eq!(head().await, StatusCode::OK);
}

#[tokio::test]
async fn a_part_of_a_blob_can_be_asked_for() {
    let served = Served::start().await;
    let blob = served.push_blob(NAME, b"0123456789").await;
    let path = format!("/v2/{NAME}/blobs/{blob}");
    let part = served.send(Method::GET, &path, &[("range", "bytes=2-4")], "").await;
    assert_eq!((part.status, part.text()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let past = served.send(Method::GET, &path, &[("range", "bytes=10-")], "").await;
    assert_eq!(past.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(past.header("content-range"), "bytes */10");
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_an_upload_that_can_go_on() {
    let served = Served::start().await;
    let location = start_upload(&served).await;
    served.faults.plan(Method::PATCH, "/blobs/uploads/", Fault::Cut { after: 3 });
    let headers = [("authorization", crate::client::basic(crate::accounts::ADMIN))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let broken = served.try_send(Method::PATCH, &location, &headers, "abcdef").await;
    assert!(broken.is_err(), "{broken:?}");
    assert_eq!(served.faults.pending(), 0);
    let status = served.get(&location).await;
    assert_eq!(status.header("range"), "0-2");
    let put = format!("{location}&digest={}", digest(b"abcdef"));
    let answer = served.send(Method::PUT, &put, &[("content-range", "3-5")], "def").await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn planned_faults_come_once_each_and_then_the_real_answer() {
    let served = Served::start().await;
    let blob = served.push_blob(NAME, b"0123456789").await;
    let path = format!("/v2/{NAME}/blobs/{blob}");
    let faults = &served.faults;
    faults.plan(Method::GET, "/blobs/", Fault::Status(StatusCode::UNAUTHORIZED));
    faults.plan(Method::GET, "/blobs/", Fault::TooManyRequests { retry_after: 7 });
    faults.plan(Method::GET, "/blobs/", Fault::Status(StatusCode::BAD_GATEWAY));
    faults.plan(Method::GET, "/blobs/", Fault::Cut { after: 4 });
    faults.plan(Method::GET, "/manifests/", Fault::Status(StatusCode::BAD_GATEWAY));
    let answer = served.get(&path).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Bearer realm="));
    let answer = served.get(&path).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "7"));
    assert_eq!(served.get(&path).await.status, StatusCode::BAD_GATEWAY);
    let headers = [("authorization", crate::client::basic(crate::accounts::ADMIN))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(served.try_send(Method::GET, &path, &headers, "").await.is_err());
    assert_eq!(served.get(&path).await.text(), "0123456789");
    assert_eq!(faults.pending(), 1);
}

#[tokio::test]
async fn an_upload_does_not_bring_back_a_repository_that_was_dropped_meanwhile() {
    let served = Served::start().await;
    let location = start_upload(&served).await;
    let target = format!("{location}&digest={}", digest(b"late"));
    let authorization = crate::client::basic(crate::accounts::ADMIN);
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\n\
         Connection: close\r\nContent-Length: 4\r\n\r\nla",
        served.address
    );
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let temporary = served.directory.path().join("temporary");
    let received =
        || temporary.read_dir().unwrap().any(|f| f.unwrap().metadata().unwrap().len() == 2);
    let half_way = async {
        while !received() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), half_way).await.expect("two bytes arrive");
    served.accounts.drop_repository("db/public/one");
    served.registry.detach_repository("db/public/one").unwrap();
    stream.write_all(b"te").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("NAME_UNKNOWN"), "{answer}");
    let left =
        |path: &str| served.directory.path().join(path).read_dir().map_or(0, Iterator::count);
    assert_eq!((left("repositories/db/public"), left("temporary")), (0, 0));
}
