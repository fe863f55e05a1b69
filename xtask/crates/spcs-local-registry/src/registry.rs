//! The registry: opened on a directory, served as a router, queried by the platform.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use spcs_local_files::Id;

use crate::access::Access;
use crate::call::Shared;
use crate::faults::{self, Faults};
use crate::name::{Image, Reference};
use crate::store::{ImageRow, Store};
use crate::uploads::Uploads;
use crate::{login, serve};

/// The registry. Cheap to clone; all clones share one store.
#[derive(Clone)]
pub struct Registry {
    store: Arc<Store>,
    uploads: Arc<Uploads>,
    faults: Faults,
}

impl Registry {
    /// Opens or creates the store in `dir`, and deletes the leftovers of an interrupted run.
    ///
    /// # Errors
    /// If the directory cannot be created, read or written.
    pub fn open(dir: &Path) -> io::Result<Registry> {
        let store = Store::open(dir)?;
        let uploads = Uploads::new(store.temporary());
        let (store, uploads) = (Arc::new(store), Arc::new(uploads));
        Ok(Registry { store, uploads, faults: Faults::default() })
    }

    /// Adds fault injection to the registry.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Registry {
        self.faults = faults;
        self
    }

    /// Serves `/v2/…` and `/login`.
    pub fn router(&self, access: Arc<dyn Access>) -> Router {
        let shared = Arc::new(Shared {
            store: Arc::clone(&self.store),
            uploads: Arc::clone(&self.uploads),
            access,
        });
        Router::new()
            .route("/v2", any(serve::serve))
            .route("/v2/", any(serve::serve))
            .route("/v2/{*path}", any(serve::serve))
            .route("/login", any(login::serve))
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(self.faults.clone(), faults::inject))
            .with_state(shared)
    }

    /// The images of a repository, sorted by name, then by age.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn images(&self, repository: &Id) -> io::Result<Vec<ImageRow>> {
        self.store.images(repository)
    }

    /// The digest of the manifest that a tag or digest refers to, if the image exists.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn resolve(
        &self,
        repository: &Id,
        image: &str,
        reference: &str,
    ) -> io::Result<Option<String>> {
        let (Some(image), Some(reference)) =
            (Image::parse(repository, image), Reference::parse(reference))
        else {
            return Ok(None);
        };
        let found = self.store.resolve(&image, &reference)?;
        Ok(found.map(|digest| digest.to_string()))
    }

    /// Deletes a repository with its images, and every blob that no other repository uses.
    ///
    /// # Errors
    /// If the store cannot be changed.
    pub fn remove_repository(&self, repository: &Id) -> io::Result<()> {
        self.store.remove_repository(repository)
    }

    /// The ids of repositories that have images, except these.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn others(&self, keep: &HashSet<Id>) -> io::Result<Vec<Id>> {
        self.store.others(keep)
    }
}
