//! The storage behind PUT and GET: acts as a GCS bucket named `stage`, and stores plain files.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, LAST_MODIFIED};
use http::{Method, StatusCode};
use httpdate::fmt_http_date;
use hyper::ext::ReasonPhrase;
use spcs_local_files::{FilePath, Id, Stages, Upload};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::account::Account;
use crate::permits::Permission;

/// A file in a URL.
struct Target {
    stage: Id,
    path: FilePath,
}

/// `PUT`, `HEAD` and `GET /stage/{id of the stage}/{path}`
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
    let permission = account.permits.permission(&token, &path);
    let permitted = match method {
        Method::PUT => matches!(permission, Some(Permission::Create | Permission::Replace)),
        Method::GET => permission == Some(Permission::Read),
        // A client's PUT first checks whether the file exists.
        Method::HEAD => permission.is_some(),
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if !permitted {
        return (StatusCode::FORBIDDEN, "the token does not permit this\n").into_response();
    }
    let target = match target(&path) {
        Ok(target) => target,
        Err(reason) => return (StatusCode::BAD_REQUEST, format!("{reason}\n")).into_response(),
    };
    let done = match method {
        Method::PUT => {
            let only_new = permission == Some(Permission::Create);
            let permitted = || account.permits.permission(&token, &path).is_some();
            receive(&account.stages, target, only_new, permitted, request).await
        }
        _ => send(&account.stages, target, method == Method::GET).await,
    };
    done.unwrap_or_else(|error| {
        tracing::warn!(%error, path, "a stage transfer failed");
        (status(&error), format!("{error}\n")).into_response()
    })
}

/// The stage and the file that a URL names.
fn target(path: &str) -> Result<Target, String> {
    let (stage, file) = path.split_once('/').unwrap_or((path, ""));
    let stage = Id::parse(stage).ok_or("the path does not start with the id of a stage")?;
    let path = FilePath::parse(file).map_err(|error| error.to_string())?;
    if path.is_stage() || file.ends_with('/') {
        return Err("the path names no file".to_owned());
    }
    Ok(Target { stage, path })
}

fn status(error: &io::Error) -> StatusCode {
    use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, PermissionDenied};
    match error.kind() {
        PermissionDenied => StatusCode::FORBIDDEN,
        // A file is where the path has a directory, or the other way round.
        NotADirectory | IsADirectory | InvalidFilename => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn send(stages: &Stages, target: Target, with_body: bool) -> io::Result<Response> {
    let Some(stage) = stages.stage(&target.stage)? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let Some(file) = stage.file(&target.path)? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let metadata = file.metadata()?;
    let headers = [
        (CONTENT_LENGTH, metadata.len().to_string()),
        (LAST_MODIFIED, fmt_http_date(metadata.modified()?)),
    ];
    let stream = || ReaderStream::new(tokio::fs::File::from_std(file));
    let body = if with_body { Body::from_stream(stream()) } else { Body::empty() };
    Ok((headers, body).into_response())
}

/// Writes the file outside of the stage and moves it there, so that a failed upload leaves nothing.
async fn receive(
    stages: &Stages,
    target: Target,
    only_new: bool,
    permitted: impl Fn() -> bool,
    request: Request,
) -> io::Result<Response> {
    let (head, body) = request.into_parts();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let only_new = only_new || header("x-goog-if-generation-match") == Some("0");
    if only_new
        && let Some(stage) = stages.stage(&target.stage)?
        && stage.file(&target.path)?.is_some()
    {
        return Ok(exists());
    }
    let expected: Option<u64> = header("content-length").and_then(|length| length.parse().ok());
    let upload = stages.upload()?;
    write(&upload, body, expected).await?;
    // The stage may have been dropped during the upload.
    if !permitted() {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    let stages = stages.clone();
    let place = move || stages.create(&target.stage)?.place(upload, &target.path, only_new);
    let placed = tokio::task::spawn_blocking(place).await.map_err(io::Error::other)??;
    Ok(if placed { StatusCode::OK.into_response() } else { exists() })
}

/// The response to an upload of a file that is there already. Python connectors show the reason.
fn exists() -> Response {
    const REASON: &str = "the file already exists, and PUT has no OVERWRITE=TRUE";
    let mut response = (StatusCode::PRECONDITION_FAILED, format!("{REASON}\n")).into_response();
    response.extensions_mut().insert(ReasonPhrase::from_static(REASON.as_bytes()));
    response
}

async fn write(upload: &Upload, body: Body, expected: Option<u64>) -> io::Result<()> {
    let mut file = tokio::fs::File::from_std(upload.file().try_clone()?);
    let mut stream = body.into_data_stream();
    let mut length = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(io::Error::other)?;
        length += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    if expected.is_some_and(|expected| expected != length) {
        return Err(io::Error::other("the body is shorter than its Content-Length"));
    }
    file.flush().await
}
