//! An authorized request, as the handlers see it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::header::{ALLOW, HeaderName};
use http::{HeaderMap, Method};
use tokio::task::spawn_blocking;

use crate::access::{Access, Caller, RepositoryAccess, RepositoryAction};
use crate::error::{Code, Error};
use crate::name::{Image, ImageName};
use crate::store::Store;
use crate::uploads::Uploads;

pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// State shared by all handlers.
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) access: Arc<dyn Access>,
}

/// A request that has passed authentication and authorization.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Arc<dyn Caller>,
    pub(crate) method: Method,
    pub(crate) name: ImageName,
    /// The image in the repository that had the name when the request came.
    pub(crate) image: Image,
    pub(crate) host: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: HashMap<String, String>,
    /// In a mutex because `Body` is not `Sync`.
    pub(crate) body: Mutex<Option<Body>>,
}

/// The image that a name refers to. Fails unless the caller may perform this action.
pub(crate) fn permit(
    caller: &dyn Caller,
    name: &ImageName,
    action: RepositoryAction,
) -> Result<Image, Error> {
    let repository = &name.repository;
    match caller.repository(repository, action) {
        RepositoryAccess::Allowed(id) => Ok(name.in_repository(id)),
        RepositoryAccess::NotFound => {
            let message = format!("image repository {repository} does not exist");
            Err(Error::new(Code::NameUnknown, message))
        }
        RepositoryAccess::Denied => {
            let user = caller.name();
            let message = format!("user {user} lacks the privilege on {repository}");
            Err(Error::new(Code::Denied, message))
        }
    }
}

impl Call {
    /// Takes the request's body; a second call returns an empty one.
    pub(crate) fn take_body(&self) -> Body {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// The request's body, unless a handler has taken it.
    pub(crate) fn into_body(self) -> Option<Body> {
        self.body.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs blocking work on the store.
    pub(crate) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &Image) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (store, image) = (Arc::clone(&self.shared.store), self.image.clone());
        let done = spawn_blocking(move || work(&store, &image)).await;
        Ok(done.map_err(io::Error::other)??)
    }

    /// An absolute URL below this image's name. Some clients cannot follow relative URLs.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}/v2/{}/{rest}", self.host, self.name.full().replace('$', "%24"))
    }

    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// Fails if the caller may no longer perform this action on the request's repository.
    pub(crate) fn permit_still(&self, action: RepositoryAction) -> Result<(), Error> {
        let image = permit(&*self.caller, &self.name, action)?;
        if image.repository == self.image.repository {
            return Ok(());
        }
        let message = format!("image repository {} was replaced", self.name.repository);
        Err(Error::new(Code::NameUnknown, message))
    }

    /// The error for a method that the resource does not support.
    pub(crate) fn not_allowed(&self, allow: &str) -> Error {
        let message = if self.method == Method::DELETE {
            "single images cannot be deleted; drop the repository instead".to_owned()
        } else {
            format!("{} is not supported here", self.method)
        };
        Error::unsupported(&message).header(ALLOW, allow)
    }
}
