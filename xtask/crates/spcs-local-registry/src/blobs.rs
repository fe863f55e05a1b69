//! Blob requests: HEAD, and GET of a whole blob or a byte range.

use std::io::SeekFrom;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use fs_err as fs;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::call::{CONTENT_DIGEST, Call};
use crate::digest::Digest;
use crate::error::{Code, Error};
use crate::range::{RequestedRange, requested_range};

const READ_BUFFER: usize = 256 * 1024;

pub(crate) async fn serve(call: &Call, digest: &str) -> Result<Response, Error> {
    let digest = parse_digest(digest)?;
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    let wanted = digest.clone();
    let found = call.on_disk(move |store, image| store.blob(image, &wanted)).await?;
    let Some((path, size)) = found else {
        let message = format!("{} has no blob {digest}", call.name.full());
        return Err(
            Error::new(Code::BlobUnknown, message).detail(json!({ "digest": digest.to_string() }))
        );
    };
    let part = match call.header(RANGE) {
        header if !call.is_head() => requested_range(header, size),
        _ => RequestedRange::Whole,
    };
    let (status, first, length) = match part {
        RequestedRange::Whole => (StatusCode::OK, 0, size),
        RequestedRange::Part { first, last } => {
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        RequestedRange::Unsatisfiable => {
            return Err(Error::new(Code::SizeInvalid, format!("the blob has {size} bytes"))
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let body = if call.is_head() {
        Body::empty()
    } else {
        let opened = call.on_disk(move |_, _| fs::File::open(path)).await?;
        let mut file = tokio::fs::File::from_std(opened.into_file());
        file.seek(SeekFrom::Start(first)).await?;
        Body::from_stream(ReaderStream::with_capacity(file.take(length), READ_BUFFER))
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_DIGEST, header_value(&digest.to_string()));
    headers.insert(ETAG, header_value(&format!("\"{digest}\"")));
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {first}-{}/{size}", first + length - 1);
        headers.insert(CONTENT_RANGE, header_value(&range));
    }
    Ok(response)
}

/// Parses a digest from a path or query.
pub(crate) fn parse_digest(text: &str) -> Result<Digest, Error> {
    Digest::parse(text).ok_or_else(|| {
        let message = format!("`{text}` is not `sha256:` followed by 64 lower-case hex digits");
        Error::new(Code::DigestInvalid, message)
    })
}

/// Builds a header value. Text that a header cannot hold yields an empty value.
pub(crate) fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
