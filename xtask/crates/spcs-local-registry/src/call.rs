//! A request of somebody who may make it, as the handlers see it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::header::{ALLOW, HeaderName};
use http::{HeaderMap, Method};
use tokio::task::spawn_blocking;

use crate::access::{Access, Caller, RepositoryAccess, RepositoryAction};
use crate::error::{Code, Error};
use crate::name::ImageName;
use crate::store::Store;
use crate::uploads::Uploads;

pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) access: Arc<dyn Access>,
}

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
    pub(crate) body: Mutex<Option<Body>>,
}

impl Call {
    /// The request's body, for the one handler that reads it.
    pub(crate) fn take_body(&self) -> Body {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// What is left of the request's body when no handler has read it.
    pub(crate) fn into_body(self) -> Option<Body> {
        self.body.into_inner().unwrap_or_else(PoisonError::into_inner)
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
