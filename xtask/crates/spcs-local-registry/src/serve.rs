//! Dispatch of `/v2` requests: authentication, routing, authorization, then the handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::header::{EXPECT, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;

use crate::access::RepositoryAction;
use crate::call::{Call, Shared, permit};
use crate::error::{Code, Error};
use crate::name::{ImageName, Resource, split};
use crate::{blobs, login, manifests, tags, upload_requests};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

pub(crate) async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    let headers = parts.headers.clone();
    let mut response = match handle(shared, parts, &mut body).await {
        Ok(response) => response,
        Err(error) => {
            if let Some(body) = body {
                drain(&headers, body).await;
            }
            error.into_response()
        }
    };
    response.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    response
}

async fn handle(
    shared: Arc<Shared>,
    parts: http::request::Parts,
    body: &mut Option<Body>,
) -> Result<Response, Error> {
    let client = login::client(&parts.extensions);
    let path = parts.uri.path();
    if matches!(path, "/v2" | "/v2/") {
        login::authenticate(&*shared.access, client, &parts.headers, None).await?;
        return Ok(Json(json!({})).into_response());
    }
    let target = split(path);
    let action = action(&parts.method, target.as_ref().map(|(_, resource)| resource));
    let scope = target.as_ref().map(|(name, _)| {
        let scope = if action == RepositoryAction::Read { "pull" } else { "pull,push" };
        format!("repository:{name}:{scope}")
    });
    let scope = scope.as_deref();
    let caller = login::authenticate(&*shared.access, client, &parts.headers, scope).await?;
    let Some((name, resource)) = target else {
        return Err(Error::new(Code::NameUnknown, format!("{path} does not exist")));
    };
    let Some(name) = ImageName::parse(&name) else {
        let message =
            format!("`{name}` is not of the form database/schema/repository/image in lower case");
        return Err(Error::new(Code::NameInvalid, message));
    };
    let image = permit(&*caller, &name, action)?;
    let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri);
    let call = Call {
        host: login::host(&parts.headers),
        shared,
        caller,
        method: parts.method,
        name,
        image,
        headers: parts.headers,
        query: query.map(|Query(query)| query).unwrap_or_default(),
        body: Mutex::new(body.take()),
    };
    let response = match resource {
        Resource::Uploads => upload_requests::open(&call).await,
        Resource::Upload(id) => upload_requests::session(&call, &id).await,
        Resource::Blob(digest) => blobs::serve(&call, &digest).await,
        Resource::Manifest(reference) => manifests::serve(&call, &reference).await,
        Resource::Tags => tags::list(&call).await,
        Resource::Referrers(digest) => tags::referrers(&call, &digest).await,
    };
    *body = call.into_body();
    response
}

fn action(method: &Method, resource: Option<&Resource>) -> RepositoryAction {
    let upload = matches!(resource, Some(Resource::Uploads | Resource::Upload(_)));
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if reads && !upload { RepositoryAction::Read } else { RepositoryAction::Write }
}

/// Limits for reading the rest of a refused request's body. Without that, a client that is still
/// sending would see a connection reset instead of the response.
const DRAIN_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Reads and discards the rest of a refused request's body.
pub(crate) async fn drain(headers: &HeaderMap, body: Body) {
    if headers.contains_key(EXPECT) {
        return; // the client sends the body only after a 100 response
    }
    let mut body = body.into_data_stream();
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.next().await {
            read += frame.len();
            if read > DRAIN_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await; // best effort
}
