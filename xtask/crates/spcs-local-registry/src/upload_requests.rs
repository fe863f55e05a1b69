//! Requests that bring blobs in: open a session or mount, send chunks, ask how far, finish, give up.

use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use http::{Method, StatusCode};
use serde_json::json;

use crate::access::{RepositoryAccess, RepositoryAction};
use crate::blobs::{parse_digest, value};
use crate::call::{CONTENT_DIGEST, Call};
use crate::digest::Digest;
use crate::error::{Code, Error};
use crate::name::ImageName;
use crate::range::chunk;
use crate::uploads::{Held, Interrupted, append};

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// POST: mounts a blob, takes a whole one, or starts a session.
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
    let id = uploads.start(&call.name)?;
    if call.query.contains_key("digest") {
        let held = hold(call, &id).await?;
        return finish(call, &id, held).await;
    }
    Ok(accepted(call, &id, 0, StatusCode::ACCEPTED))
}

/// Everything that names a session.
pub(crate) async fn session(call: &Call, id: &str) -> Result<Response, Error> {
    let held = hold(call, id).await?;
    match call.method {
        Method::GET | Method::HEAD => Ok(accepted(call, id, held.length(), StatusCode::NO_CONTENT)),
        Method::PATCH => {
            let held = take_body(call, id, held).await?;
            Ok(accepted(call, id, held.length(), StatusCode::ACCEPTED))
        }
        Method::PUT => finish(call, id, held).await,
        Method::DELETE => {
            call.shared.uploads.end(id);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(call.not_allowed("GET, PATCH, PUT, DELETE")),
    }
}

async fn hold(call: &Call, id: &str) -> Result<Held, Error> {
    call.shared.uploads.hold(&call.name, id).await.ok_or_else(|| {
        Error::new(Code::BlobUploadUnknown, "there is no such upload; start the blob again")
    })
}

async fn mount(call: &Call, digest: &Digest) -> Result<bool, Error> {
    let from = call.query.get("from").and_then(|from| ImageName::parse(from));
    let Some(from) = from else { return Ok(false) };
    if call.may(&from, RepositoryAction::Read) != RepositoryAccess::Allowed {
        return Ok(false);
    }
    let digest = digest.clone();
    call.on_disk(move |store, name| store.mount(&from, name, &digest)).await
}

/// PUT, or POST with a digest: the last bytes, then the proof.
async fn finish(call: &Call, id: &str, held: Held) -> Result<Response, Error> {
    let Some(wanted) = call.query.get("digest") else {
        return Err(Error::new(Code::DigestInvalid, "finish an upload with ?digest=sha256:…"));
    };
    let wanted = parse_digest(wanted)?;
    let mut held = take_body(call, id, held).await?;
    let (held, found) = call
        .on_disk(move |_, _| {
            let found = held.seal()?;
            Ok((held, found))
        })
        .await?;
    if found != wanted {
        call.shared.uploads.end(id);
        let detail = json!({ "expected": wanted.to_string(), "received": found.to_string() });
        let message = format!("{} bytes have the digest {found}, not {wanted}", held.length());
        return Err(Error::new(Code::DigestInvalid, message).detail(detail));
    }
    // A body may take minutes; the repository can have been dropped meanwhile.
    call.permit(RepositoryAction::Write).inspect_err(|_| call.shared.uploads.end(id))?;
    let path = call.shared.uploads.path(id);
    let digest = wanted.clone();
    call.on_disk(move |store, name| store.adopt(name, &digest, &path)).await?;
    call.shared.uploads.end(id);
    Ok(created(call, &wanted))
}

/// Checks where the chunk belongs and appends it.
async fn take_body(call: &Call, id: &str, held: Held) -> Result<Held, Error> {
    let length = held.length();
    if let Some(range) = call.header(CONTENT_RANGE) {
        let size = call.header(CONTENT_LENGTH).and_then(|size| size.parse::<u64>().ok());
        let fits = chunk(range).is_some_and(|(first, last)| {
            first == length && size.is_none_or(|size| (last - first).checked_add(1) == Some(size))
        });
        if !fits {
            let message = format!("the chunk {range} does not follow the {length} bytes received");
            return Err(Error::new(Code::BlobUploadInvalid, message)
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(LOCATION, &location(call, id, length))
                .header(RANGE, &received(length)));
        }
    }
    append(held, call.take_body()).await.map_err(|interrupted| match interrupted {
        Interrupted::Client(reason) => {
            Error::new(Code::BlobUploadInvalid, format!("the body broke off: {reason}"))
        }
        Interrupted::Disk(error) => {
            call.shared.uploads.end(id);
            Error::from(error)
        }
    })
}

fn created(call: &Call, digest: &Digest) -> Response {
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, value(&call.url(&format!("blobs/{digest}"))));
    headers.insert(CONTENT_DIGEST, value(&digest.to_string()));
    response
}

fn accepted(call: &Call, id: &str, length: u64, status: StatusCode) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, value(&location(call, id, length)));
    headers.insert(RANGE, value(&received(length)));
    headers.insert(UPLOAD_ID, value(id));
    response
}

/// Where the next chunk goes. SPCS's locations carry a query: clients must add theirs with `&`.
fn location(call: &Call, id: &str, length: u64) -> String {
    call.url(&format!("blobs/uploads/{id}?_state={length}"))
}

/// The form that Docker's registry gives; nothing received looks like one byte there, too.
fn received(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}
