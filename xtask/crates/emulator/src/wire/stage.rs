//! The storage end of PUT and GET, as a GCS bucket named `stage` that keeps plain files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, LAST_MODIFIED};
use http::{Method, StatusCode};
use std::collections::HashMap;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::account::Account;
use crate::execute::{http_date, is_contained};

/// `PUT`, `HEAD` and `GET /stage/{database}/{schema}/{stage}/{path}`
pub(super) async fn serve(
    State(account): State<Arc<Account>>,
    UrlPath(path): UrlPath<String>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let bearer = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = query.get("X-Goog-Signature").map(String::as_str).or(bearer).unwrap_or_default();
    let method = request.method().clone();
    let permitted = match method {
        Method::PUT => account.permits.allow(token, &path, true),
        Method::GET => account.permits.allow(token, &path, false),
        // PUT asks first whether the file is there.
        Method::HEAD => [true, false].iter().any(|w| account.permits.allow(token, &path, *w)),
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if !permitted || !is_contained(&path) || path.ends_with('/') {
        return (StatusCode::FORBIDDEN, "the token does not permit this\n").into_response();
    }
    let file = account.stages.join(&path);
    let done = match method {
        Method::PUT => receive(&account.stages, &file, request).await,
        _ => send(&file, method == Method::GET).await,
    };
    done.unwrap_or_else(|error| {
        tracing::warn!(%error, path, "a stage transfer failed");
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
    })
}

async fn send(file: &Path, with_body: bool) -> std::io::Result<Response> {
    let opened = match tokio::fs::File::open(file).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(StatusCode::NOT_FOUND.into_response());
        }
        opened => opened?,
    };
    let metadata = opened.metadata().await?;
    if metadata.is_dir() {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let headers = [
        (CONTENT_LENGTH, metadata.len().to_string()),
        (LAST_MODIFIED, http_date(metadata.modified()?)),
    ];
    let body = if with_body { Body::from_stream(ReaderStream::new(opened)) } else { Body::empty() };
    Ok((headers, body).into_response())
}

/// Writes beside the target and moves into place, so that a broken upload leaves nothing.
async fn receive(stages: &Path, file: &PathBuf, request: Request) -> std::io::Result<Response> {
    let only_new = request
        .headers()
        .get("x-goog-if-generation-match")
        .is_some_and(|generation| generation == "0");
    if only_new && tokio::fs::try_exists(file).await? {
        return Ok(StatusCode::PRECONDITION_FAILED.into_response());
    }
    let expected: Option<u64> =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let incoming = stages.join(".incoming");
    tokio::fs::create_dir_all(&incoming).await?;
    let temporary = incoming.join(uuid::Uuid::new_v4().simple().to_string());
    let written = write(&temporary, request.into_body(), expected).await;
    let moved = match written {
        Ok(()) => place(&temporary, file, only_new).await,
        Err(error) => Err(error),
    };
    // After a rename there is nothing left to remove.
    let _ = tokio::fs::remove_file(&temporary).await;
    Ok(if moved? { StatusCode::OK } else { StatusCode::PRECONDITION_FAILED }.into_response())
}

async fn write(temporary: &Path, body: Body, expected: Option<u64>) -> std::io::Result<()> {
    let mut target = tokio::fs::File::create(temporary).await?;
    let mut stream = body.into_data_stream();
    let mut length = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(std::io::Error::other)?;
        length += chunk.len() as u64;
        target.write_all(&chunk).await?;
    }
    if expected.is_some_and(|expected| expected != length) {
        return Err(std::io::Error::other("the body is shorter than its Content-Length"));
    }
    target.sync_all().await
}

async fn place(temporary: &Path, file: &Path, only_new: bool) -> std::io::Result<bool> {
    if let Some(directory) = file.parent() {
        tokio::fs::create_dir_all(directory).await?;
    }
    if !only_new {
        tokio::fs::rename(temporary, file).await?;
        return Ok(true);
    }
    // A link fails where a rename would replace.
    match tokio::fs::hard_link(temporary, file).await {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        linked => linked.map(|()| true),
    }
}
