//! The registry as a value: opened on a directory, served as a router, asked by the platform.

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

/// The registry: cheap to clone, all clones share one store.
#[derive(Clone)]
pub struct Registry {
    store: Arc<Store>,
    uploads: Arc<Uploads>,
    faults: Faults,
}

impl Registry {
    /// Opens the store in `dir`, or makes it. Clears away what an interrupted run left behind.
    ///
    /// # Errors
    /// When the directory cannot be made, read or written.
    pub fn open(dir: &Path) -> io::Result<Registry> {
        let store = Store::open(dir)?;
        let uploads = Uploads::new(store.temporary());
        let (store, uploads) = (Arc::new(store), Arc::new(uploads));
        Ok(Registry { store, uploads, faults: Faults::default() })
    }

    /// The same registry, which gives the planned answers first.
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

    /// The images of `database/schema/repository`, by name and then by age.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn images(&self, repository: &str) -> io::Result<Vec<ImageRow>> {
        match RepositoryPath::parse(repository) {
            Some(repository) => self.store.images(&repository),
            None => Ok(Vec::new()),
        }
    }

    /// The manifest digest that a tag or a digest stands for, if there is such an image.
    ///
    /// # Errors
    /// When the store cannot be read.
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

    /// Takes a repository with all its images out of sight; gives what is then to be discarded,
    /// if it was there.
    ///
    /// # Errors
    /// When the store cannot be changed.
    pub fn detach_repository(&self, repository: &str) -> io::Result<Option<PathBuf>> {
        match RepositoryPath::parse(repository) {
            Some(repository) => self.store.detach_repository(&repository),
            None => Ok(None),
        }
    }

    /// Removes a repository that was detached, and every blob that no other repository has.
    ///
    /// # Errors
    /// When the store cannot be changed; the removal is then finished by the next `open`.
    pub fn discard_repository(&self, detached: &Path) -> io::Result<()> {
        self.store.discard_repository(detached)
    }
}
