//! Builds and pushes images.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use spcs_plan::{Change, ImageState, Project};

use super::{Error, RunState, lock};
use crate::account::RestSession;
use crate::build::{self, BuildRequest, BuildState, BuiltImage};
use crate::engine::{self, Engine, EngineChoice};
use crate::layout::Layout;
use crate::observe;
use crate::registry::{self, PushError, Pushed, Registry};

/// The build request of each image of the project, for one target.
pub fn requests(
    project: &Project,
    target: &str,
    root: &Path,
    work_dir: &Path,
) -> Result<BTreeMap<String, BuildRequest>, Error> {
    let kind = project.target_kind(target)?;
    let request = |key: &str, image: &spcs_plan::config::Image| {
        let context = root.join(&image.context);
        BuildRequest {
            name: key.to_owned(),
            kind,
            dockerfile: context.join(image.dockerfile.get(kind)),
            context,
            base: image.base.as_ref().map(|base| base.get(kind).to_owned()),
            args: image.args.clone(),
            work_dir: work_dir.to_owned(),
        }
    };
    let images = project.config.images.iter();
    Ok(images.map(|(key, image)| (key.to_string(), request(key, image))).collect())
}

/// Checks which images are up to date, without calling an engine.
pub fn states(
    requests: &BTreeMap<String, BuildRequest>,
) -> Result<BTreeMap<String, BuildState>, Error> {
    let state = |(key, request): (&String, &BuildRequest)| match build::state(request) {
        Ok(state) => Ok((key.clone(), state)),
        Err(source) => Err(Error::Build { image: key.clone(), source }),
    };
    requests.iter().map(state).collect()
}

/// Converts build states to the plan's image states.
pub fn planned(states: &BTreeMap<String, BuildState>) -> BTreeMap<String, ImageState> {
    let planned = |state: &BuildState| match state {
        BuildState::Built(image) => ImageState::Built { digest: image.digest.clone() },
        BuildState::Stale { reason } => ImageState::Stale { reason: reason.clone() },
    };
    states.iter().map(|(key, state)| (key.clone(), planned(state))).collect()
}

/// Checks that the images can be built, before any step starts: an engine works and enough disk
/// space is free.
pub fn ready_to_build(
    choice: EngineChoice,
    work_dir: &Path,
    requests: &[&BuildRequest],
) -> Result<(), Error> {
    let engine = engine::detect(choice, work_dir)?;
    Ok(build::check_disk_space(&engine, requests)?)
}

impl RunState {
    pub(super) async fn build(&self, image: &str) -> Result<Change, Error> {
        if let Some(BuildState::Built(_)) = self.run.images.get(image) {
            return Ok(Change::Unchanged);
        }
        let request = self.request(image)?;
        let engine = self.engine().await?.clone();
        let watcher = Arc::clone(&self.run.watcher);
        let work = move || build::build(&engine, &request, &*watcher);
        let built = blocking(work)
            .await
            .map_err(|source| Error::Build { image: image.to_owned(), source })?;
        let change = if built.rebuilt { Change::Create } else { Change::Unchanged };
        lock(&self.built).insert(image.to_owned(), built);
        Ok(change)
    }

    pub(super) async fn push(&self, image: &str, step: &spcs_plan::Step) -> Result<Change, Error> {
        if step.change == Change::Unchanged {
            return Ok(Change::Unchanged);
        }
        let built = self.built(image)?;
        let layout = Layout::open(&built.layout).map_err(PushError::from);
        let layout = layout.map_err(|source| Error::Push { image: image.to_owned(), source })?;
        if layout.digest != built.digest {
            let reason = "another run has built it again in the meantime".to_owned();
            return Err(Error::NotBuilt { image: image.to_owned(), reason });
        }
        let config = &self.run.project.config;
        let deployment = &config.deployment;
        let session = self.sessions.observer(&self.run.project).await?;
        let url = observe::repository_url(
            &session,
            &deployment.database,
            &deployment.schema,
            &deployment.repository,
        )
        .await;
        self.sessions.give_back(session);
        let asking = || "asking for the image repository's URL".to_owned();
        let url = url.map_err(|source| Error::Account { doing: asking(), source })?;
        let url = url.ok_or_else(|| Error::NoRepository(deployment.repository.to_string()))?;
        let session =
            RestSession::open(self.sessions.connection()?, Some(&config.roles.system)).await;
        let session = Arc::new(session.map_err(|source| Error::Account {
            doing: "logging in for the image registry".to_owned(),
            source,
        })?);
        let pushed = async {
            let registry = Registry::open(&url, Some(Arc::clone(&session)))?;
            let tag = spcs_plan::image_tag(&built.digest);
            let watcher = Arc::clone(&self.run.watcher);
            registry::push(&registry, &layout, image, tag, watcher).await
        };
        let pushed = pushed.await;
        if let Some(session) = Arc::into_inner(session) {
            session.close().await;
        }
        let pushed = pushed.map_err(|source| Error::Push { image: image.to_owned(), source })?;
        Ok(match pushed {
            Pushed::Sent => Change::Push,
            Pushed::AlreadyPresent => Change::Unchanged,
        })
    }

    /// The digests of all built images, for rendering a spec.
    pub(super) fn digests(&self, service: &str) -> Result<BTreeMap<String, String>, Error> {
        let mut digests = BTreeMap::new();
        for image in self.run.project.config.images.keys() {
            match self.built(image) {
                Ok(built) => drop(digests.insert(image.to_string(), built.digest)),
                // Another service may use this image. If not, rendering reports the missing digest.
                Err(Error::NotBuilt { .. }) => {
                    tracing::debug!(service, image = %image, "is not built");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(digests)
    }

    /// An image that this run has built, or that was up to date when the run started.
    fn built(&self, image: &str) -> Result<BuiltImage, Error> {
        if let Some(built) = lock(&self.built).get(image) {
            return Ok(built.clone());
        }
        match self.run.images.get(image) {
            Some(BuildState::Built(built)) => Ok(built.clone()),
            Some(BuildState::Stale { reason }) => {
                Err(Error::NotBuilt { image: image.to_owned(), reason: reason.clone() })
            }
            None => Err(Error::Unplanned(image.to_owned())),
        }
    }

    fn request(&self, image: &str) -> Result<BuildRequest, Error> {
        let run = &self.run;
        let mut requests = requests(&run.project, &run.target, &run.root, &run.work_dir)?;
        requests.remove(image).ok_or_else(|| Error::Unplanned(image.to_owned()))
    }

    async fn engine(&self) -> Result<&Engine, Error> {
        let (choice, work_dir) = (self.run.engine, self.run.work_dir.clone());
        let find = || blocking(move || engine::detect(choice, &work_dir));
        Ok(self.engine.get_or_try_init(find).await?)
    }
}

/// Runs blocking work on a separate thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}
