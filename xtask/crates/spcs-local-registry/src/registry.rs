//! The registry: opened on a directory, served as a router, queried by the platform.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;

use crate::access::Access;
use crate::call::Shared;
use crate::faults::{self, Faults};
use crate::name::{Reference, RepositoryPath};
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

    /// The images of `database/schema/repository`, sorted by name, then by age.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn images(&self, repository: &str) -> io::Result<Vec<ImageRow>> {
        match RepositoryPath::parse(repository) {
            Some(repository) => self.store.images(&repository),
            None => Ok(Vec::new()),
        }
    }

    /// The digest of the manifest that a tag or digest refers to, if the image exists.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn resolve(
        &self,
        repository: &str,
        image: &str,
        reference: &str,
    ) -> io::Result<Option<String>> {
        let (Some(repository), Some(reference)) =
            (RepositoryPath::parse(repository), Reference::parse(reference))
        else {
            return Ok(None);
        };
        let Some(name) = repository.image(image) else { return Ok(None) };
        let found = self.store.resolve(&name, &reference)?;
        Ok(found.map(|digest| digest.to_string()))
    }

    /// Makes a repository and all its images inaccessible. Returns the path to pass to
    /// [`Registry::discard_repository`], or `None` if nothing was ever pushed to it.
    ///
    /// # Errors
    /// If the store cannot be changed.
    pub fn detach_repository(&self, repository: &str) -> io::Result<Option<PathBuf>> {
        match RepositoryPath::parse(repository) {
            Some(repository) => self.store.detach_repository(&repository),
            None => Ok(None),
        }
    }

    /// Deletes a detached repository and every blob that no other repository uses.
    ///
    /// # Errors
    /// If the store cannot be changed. The next `open` then finishes the deletion.
    pub fn discard_repository(&self, detached: &Path) -> io::Result<()> {
        self.store.discard_repository(detached)
    }
}
