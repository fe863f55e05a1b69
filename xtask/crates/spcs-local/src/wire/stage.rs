//! The storage behind PUT and GET: acts as a GCS bucket named `stage`, and stores plain files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, LAST_MODIFIED};
use http::{Method, StatusCode};
use httpdate::fmt_http_date;
use spcs_local_files::durable;
use spcs_local_files::stages::{locate, temporary_path};
use std::collections::HashMap;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::account::Account;
use crate::stage_path::is_contained;

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
    let token =
        query.get("X-Goog-Signature").map(String::as_str).or(bearer).unwrap_or_default().to_owned();
    let method = request.method().clone();
    let permitted = match method {
        Method::PUT => account.permits.allow(&token, &path, true),
        Method::GET => account.permits.allow(&token, &path, false),
        // A client's PUT first checks whether the file exists.
        Method::HEAD => [true, false].iter().any(|w| account.permits.allow(&token, &path, *w)),
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if !permitted || !is_contained(&path) || path.ends_with('/') {
        return (StatusCode::FORBIDDEN, "the token does not permit this\n").into_response();
    }
    let done = match method {
        Method::PUT => {
            let permitted = || account.permits.allow(&token, &path, true);
            receive(&account.stages, &path, permitted, request).await
        }
        _ => send(&account.stages, &path, method == Method::GET).await,
    };
    done.unwrap_or_else(|error| {
        tracing::warn!(%error, path, "a stage transfer failed");
        let status = match error.kind() {
            std::io::ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("{error}\n")).into_response()
    })
}

async fn send(stages: &Path, path: &str, with_body: bool) -> std::io::Result<Response> {
    let file = locate(stages, path)?;
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
        (LAST_MODIFIED, fmt_http_date(metadata.modified()?)),
    ];
    let body = if with_body { Body::from_stream(ReaderStream::new(opened)) } else { Body::empty() };
    Ok((headers, body).into_response())
}

/// Writes a temporary file and renames it, so that a failed upload leaves nothing.
async fn receive(
    stages: &Path,
    path: &str,
    permitted: impl Fn() -> bool,
    request: Request,
) -> std::io::Result<Response> {
    let (head, body) = request.into_parts();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let only_new = header("x-goog-if-generation-match") == Some("0");
    if only_new && tokio::fs::try_exists(locate(stages, path)?).await? {
        return Ok(StatusCode::PRECONDITION_FAILED.into_response());
    }
    let expected: Option<u64> = header("content-length").and_then(|length| length.parse().ok());
    let temporary = Temporary(temporary_path(stages));
    write(&temporary.0, body, expected).await?;
    // During the upload, the stage may have been dropped and created again.
    if !permitted() {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    let file = locate(stages, path)?;
    let placed = tokio::task::spawn_blocking(move || match only_new {
        true => durable::rename_new(&temporary.0, &file),
        false => durable::rename(&temporary.0, &file).map(|()| true),
    });
    let placed = placed.await.map_err(std::io::Error::other)??;
    Ok(if placed { StatusCode::OK } else { StatusCode::PRECONDITION_FAILED }.into_response())
}

/// A file that is removed on drop, also if the client disconnects. After the rename, it is gone
/// already.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs_err::remove_file(&self.0);
    }
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
