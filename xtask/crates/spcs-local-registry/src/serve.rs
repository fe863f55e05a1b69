//! The way of a `/v2` request: who asks, for what, may they, and then the handler.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::header::{ALLOW, EXPECT, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::error::{Code, Error};
use super::name::{ImageName, Resource, split};
use super::store::Store;
use super::{Shared, blobs, login, manifests, tags, upload_requests};
use crate::access::{Caller, RepositoryAccess, RepositoryAction};

pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// A request whose sender may do what it asks for.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Arc<dyn Caller>,
    pub(crate) method: Method,
    pub(crate) name: ImageName,
    pub(crate) host: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: HashMap<String, String>,
    /// Behind a lock only because a body cannot be shared between threads.
    body: Mutex<Option<Body>>,
}

impl Call {
    /// The request's body, for the one handler that reads it.
    pub(crate) fn take_body(&self) -> Body {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Runs work on the store where it may block.
    pub(crate) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &ImageName) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (store, name) = (Arc::clone(&self.shared.store), self.name.clone());
        let done = spawn_blocking(move || work(&store, &name)).await;
        Ok(done.map_err(io::Error::other)??)
    }

    /// An absolute URL below this image's name: some clients cannot follow a relative one.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}/v2/{}/{rest}", self.host, self.name.full().replace('$', "%24"))
    }

    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// Whether the caller may do this to the repository of an image.
    pub(crate) fn may(&self, name: &ImageName, action: RepositoryAction) -> RepositoryAccess {
        self.caller.repository(name.repository.as_str(), action)
    }

    /// Refuses what the sender may not do to the repository of this call.
    pub(crate) fn permit(&self, action: RepositoryAction) -> Result<(), Error> {
        let repository = self.name.repository.as_str();
        match self.may(&self.name, action) {
            RepositoryAccess::Allowed => Ok(()),
            RepositoryAccess::NotFound => {
                let message = format!("there is no image repository {repository}");
                Err(Error::new(Code::NameUnknown, message))
            }
            RepositoryAccess::Denied => {
                let user = self.caller.name();
                let message = format!("user {user} has no such privilege on {repository}");
                Err(Error::new(Code::Denied, message))
            }
        }
    }

    /// The refusal of a method that the resource does not have.
    pub(crate) fn not_allowed(&self, allow: &str) -> Error {
        let message = if self.method == Method::DELETE {
            "images cannot be removed from a repository one by one; drop the repository".to_owned()
        } else {
            format!("{} is not supported here", self.method)
        };
        Error::unsupported(&message).header(ALLOW, allow)
    }
}

/// Serves one `/v2` request.
pub(crate) async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    let headers = parts.headers.clone();
    let mut response = match answer(shared, parts, &mut body).await {
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

async fn answer(
    shared: Arc<Shared>,
    parts: http::request::Parts,
    body: &mut Option<Body>,
) -> Result<Response, Error> {
    let path = parts.uri.path();
    if matches!(path, "/v2" | "/v2/") {
        login::authenticate(&*shared.access, &parts.headers, None)?;
        return Ok(Json(json!({})).into_response());
    }
    let target = split(path);
    let action = action(&parts.method, target.as_ref().map(|(_, resource)| resource));
    let scope = target.as_ref().map(|(name, _)| {
        let wanted = if action == RepositoryAction::Read { "pull" } else { "pull,push" };
        format!("repository:{name}:{wanted}")
    });
    let caller = login::authenticate(&*shared.access, &parts.headers, scope.as_deref())?;
    let Some((name, resource)) = target else {
        return Err(Error::new(Code::NameUnknown, format!("nothing is served at {path}")));
    };
    let Some(name) = ImageName::parse(&name) else {
        let message =
            format!("`{name}` is not of the form database/schema/repository/image, in lower case");
        return Err(Error::new(Code::NameInvalid, message));
    };
    let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri);
    let call = Call {
        host: login::host(&parts.headers),
        shared,
        caller,
        method: parts.method,
        name,
        headers: parts.headers,
        query: query.map(|Query(query)| query).unwrap_or_default(),
        body: Mutex::new(body.take()),
    };
    call.permit(action)?;
    let answer = match resource {
        Resource::Uploads => upload_requests::open(&call).await,
        Resource::Upload(id) => upload_requests::session(&call, &id).await,
        Resource::Blob(digest) => blobs::serve(&call, &digest).await,
        Resource::Manifest(reference) => manifests::serve(&call, &reference).await,
        Resource::Tags => tags::list(&call).await,
        Resource::Referrers(digest) => tags::referrers(&call, &digest).await,
    };
    *body = call.body.into_inner().unwrap_or_else(PoisonError::into_inner);
    answer
}

fn action(method: &Method, resource: Option<&Resource>) -> RepositoryAction {
    let upload = matches!(resource, Some(Resource::Uploads | Resource::Upload(_)));
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if reads && !upload { RepositoryAction::Read } else { RepositoryAction::Write }
}

/// Bytes of an unwanted body that are still read, and for how long: a client that is in the
/// middle of sending sees a reset instead of the answer when nobody reads.
const DRAIN_BYTES: usize = 16 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Reads and forgets what a refused client is still sending.
pub(crate) async fn drain(headers: &HeaderMap, body: Body) {
    if headers.contains_key(EXPECT) {
        return; // it sends nothing before it is told to
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
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await; // best effort either way
}
