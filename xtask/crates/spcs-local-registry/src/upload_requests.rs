//! Blob upload requests: start a session or mount a blob, send chunks, query the progress, finish,
//! cancel.

use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use http::{Method, StatusCode};
use serde_json::json;

use crate::access::RepositoryAction;
use crate::blobs::{header_value, parse_digest};
use crate::call::{CONTENT_DIGEST, Call, permit};
use crate::digest::Digest;
use crate::error::{Code, Error};
use crate::name::ImageName;
use crate::range::content_range;
use crate::uploads::{AppendError, LockedUpload, append};

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// POST: mounts a blob, uploads it in one request, or starts a session.
pub(crate) async fn open(call: &Call) -> Result<Response, Error> {
    if call.method != Method::POST {
        return Err(call.not_allowed("POST"));
    }
    if let Some(digest) = call.query.get("mount") {
        let digest = parse_digest(digest)?;
        if mount(call, &digest).await? {
            return Ok(created(call, &digest));
        }
    }
    let uploads = &call.shared.uploads;
    let id = uploads.start(&call.image)?;
    if call.query.contains_key("digest") {
        let upload = lock(call, &id).await?;
        return finish(call, &id, upload).await;
    }
    Ok(accepted(call, &id, 0, StatusCode::ACCEPTED))
}

/// Requests for an existing session.
pub(crate) async fn session(call: &Call, id: &str) -> Result<Response, Error> {
    let upload = lock(call, id).await?;
    match call.method {
        Method::GET | Method::HEAD => {
            Ok(accepted(call, id, upload.length(), StatusCode::NO_CONTENT))
        }
        Method::PATCH => {
            let upload = take_body(call, id, upload).await?;
            Ok(accepted(call, id, upload.length(), StatusCode::ACCEPTED))
        }
        Method::PUT => finish(call, id, upload).await,
        Method::DELETE => {
            call.shared.uploads.end(id);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(call.not_allowed("GET, PATCH, PUT, DELETE")),
    }
}

async fn lock(call: &Call, id: &str) -> Result<LockedUpload, Error> {
    call.shared.uploads.lock(&call.image, id).await.ok_or_else(|| {
        Error::new(Code::BlobUploadUnknown, "the upload does not exist; start a new one")
    })
}

async fn mount(call: &Call, digest: &Digest) -> Result<bool, Error> {
    let from = call.query.get("from").and_then(|from| ImageName::parse(from));
    let Some(from) = from else { return Ok(false) };
    let Ok(from) = permit(&*call.caller, &from, RepositoryAction::Read) else { return Ok(false) };
    let digest = digest.clone();
    call.on_disk(move |store, image| store.mount(&from, image, &digest)).await
}

/// PUT, or POST with a digest: appends the last bytes and verifies the digest.
async fn finish(call: &Call, id: &str, upload: LockedUpload) -> Result<Response, Error> {
    let Some(expected) = call.query.get("digest") else {
        return Err(Error::new(Code::DigestInvalid, "the query has no digest=sha256:…"));
    };
    let expected = parse_digest(expected)?;
    let mut upload = take_body(call, id, upload).await?;
    let (upload, actual) = call
        .on_disk(move |_, _| {
            let actual = upload.sync_and_digest()?;
            Ok((upload, actual))
        })
        .await?;
    if actual != expected {
        call.shared.uploads.end(id);
        let detail = json!({ "expected": expected.to_string(), "received": actual.to_string() });
        let message =
            format!("the {} bytes received have digest {actual}, not {expected}", upload.length());
        return Err(Error::new(Code::DigestInvalid, message).detail(detail));
    }
    // Receiving a body can take minutes; the repository may have been dropped in the meantime.
    call.permit_still(RepositoryAction::Write).inspect_err(|_| call.shared.uploads.end(id))?;
    let path = call.shared.uploads.path(id);
    let digest = expected.clone();
    call.on_disk(move |store, image| store.add_blob(image, &digest, &path)).await?;
    call.shared.uploads.end(id);
    Ok(created(call, &expected))
}

/// Checks that the chunk follows the bytes already received, and appends it.
async fn take_body(call: &Call, id: &str, upload: LockedUpload) -> Result<LockedUpload, Error> {
    let length = upload.length();
    if let Some(range) = call.header(CONTENT_RANGE) {
        let size = call.header(CONTENT_LENGTH).and_then(|size| size.parse::<u64>().ok());
        let fits = content_range(range).is_some_and(|(first, last)| {
            first == length && size.is_none_or(|size| (last - first).checked_add(1) == Some(size))
        });
        if !fits {
            let message = format!("the chunk {range} does not follow the {length} bytes received");
            return Err(Error::new(Code::BlobUploadInvalid, message)
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(LOCATION, &location(call, id, length))
                .header(RANGE, &received_range(length)));
        }
    }
    append(upload, call.take_body()).await.map_err(|error| match error {
        AppendError::Client(reason) => {
            Error::new(Code::BlobUploadInvalid, format!("the request body ended early: {reason}"))
        }
        AppendError::Disk(error) => {
            call.shared.uploads.end(id);
            Error::from(error)
        }
    })
}

fn created(call: &Call, digest: &Digest) -> Response {
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, header_value(&call.url(&format!("blobs/{digest}"))));
    headers.insert(CONTENT_DIGEST, header_value(&digest.to_string()));
    response
}

fn accepted(call: &Call, id: &str, length: u64, status: StatusCode) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, header_value(&location(call, id, length)));
    headers.insert(RANGE, header_value(&received_range(length)));
    headers.insert(UPLOAD_ID, header_value(id));
    response
}

/// The URL for the next chunk. As in SPCS it has a query, so clients must append theirs with `&`.
fn location(call: &Call, id: &str, length: u64) -> String {
    call.url(&format!("blobs/uploads/{id}?_state={length}"))
}

/// The format of Docker's registry, where `0-0` also stands for no bytes at all.
fn received_range(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}
