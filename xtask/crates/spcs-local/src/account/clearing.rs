//! What dropped objects held outside the catalog: containers, files, images.
//!
//! It is detached while the catalog is still locked for the change that dropped them, so that
//! whatever is created under the same names begins with nothing. Taking it away needs time, and
//! goes on when nobody waits for it any more.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use spcs_local_files::stages;
use spcs_local_services::controller::Removal;
use tokio_util::sync::CancellationToken;

use super::Account;
use crate::blocking;
use crate::kind::{Kind, Object, Outside};
use crate::sql::SqlError;
use crate::stage_path::directory;

/// What some dropped objects held, detached and not yet gone.
#[must_use]
pub(crate) struct Clearing(Vec<Detached>);

struct Detached {
    kind: Kind,
    path: Vec<String>,
    rest: Rest,
}

enum Rest {
    /// Containers and volumes, which the service's task takes away.
    Service(Removal),
    /// A directory that lies apart, if there was one.
    Files(io::Result<Option<PathBuf>>),
    Images(io::Result<Option<PathBuf>>),
}

impl Account {
    /// Detaches what these objects held. To be called while the catalog is locked.
    pub(crate) fn detach<'a>(
        &self,
        gone: impl Iterator<Item = (Kind, &'a Vec<String>)>,
    ) -> Clearing {
        let detached = gone.filter_map(|(kind, path)| {
            let rest = match kind.facts().outside {
                Outside::Containers => {
                    Rest::Service(self.controller.remove(&path.join("."), false))
                }
                Outside::Files => {
                    let stage = directory(path);
                    self.permits.end(&stage);
                    Rest::Files(stages::detach(&self.stages, &stage))
                }
                Outside::Images => {
                    let key = path.join("/").to_lowercase();
                    Rest::Images(self.registry.detach_repository(&key))
                }
                Outside::Nothing => return None,
            };
            Some(Detached { kind, path: path.clone(), rest })
        });
        Clearing(detached.collect())
    }

    /// The same for the objects of a DROP.
    pub(crate) fn detach_objects(&self, gone: &[Object]) -> Clearing {
        self.detach(gone.iter().map(|object| (object.kind(), &object.path)))
    }

    /// The same for what a platform that was killed had begun to drop.
    pub(crate) fn detach_rest(&self) -> Clearing {
        self.catalog.read(|state| self.detach(state.leaving().map(|(kind, path)| (*kind, path))))
    }

    /// Takes away what was detached. What cannot be taken away is tried again at the next start;
    /// the first such failure is returned.
    pub(crate) async fn clear_away(self: &Arc<Self>, clearing: Clearing) -> Result<(), SqlError> {
        if clearing.0.is_empty() {
            return Ok(());
        }
        let account = Arc::clone(self);
        // A task of its own: a statement may be given up, its consequences may not.
        let work = async move { account.clear_all(clearing).await };
        let cleared =
            tokio::spawn(async move { blocking::run(work, &CancellationToken::new()).await });
        let cleared = cleared.await;
        let cleared =
            cleared.map_err(|error| SqlError::execution(format!("clearing away: {error}")))?;
        cleared.unwrap_or(Ok(()))
    }

    async fn clear_all(&self, clearing: Clearing) -> Result<(), SqlError> {
        let mut first = Ok(());
        let mut done = Vec::new();
        // Services come first: they write to stages and run images.
        let (services, others): (Vec<_>, Vec<_>) =
            clearing.0.into_iter().partition(|detached| matches!(detached.rest, Rest::Service(_)));
        for Detached { kind, path, rest } in services.into_iter().chain(others) {
            let cleared = match rest {
                Rest::Service(removal) => removal.done().await.map_err(|error| error.to_string()),
                Rest::Files(directory) => directory
                    .and_then(|directory| directory.map_or(Ok(()), fs_err::remove_dir_all))
                    .map_err(|error| error.to_string()),
                Rest::Images(detached) => detached
                    .and_then(|detached| match detached {
                        Some(detached) => self.registry.discard_repository(&detached),
                        None => Ok(()),
                    })
                    .map_err(|error| error.to_string()),
            };
            match cleared {
                Ok(()) => done.push((kind, path)),
                Err(error) => {
                    let name = path.join(".");
                    tracing::warn!(name, error, "what it held is not all gone");
                    first = first.and(Err(SqlError::execution(format!(
                        "{} {name} is dropped, but what it held is not all gone: {error}. The \
                         platform tries again when it starts.",
                        kind.title()
                    ))));
                }
            }
        }
        self.catalog.change(|state| {
            for (kind, path) in &done {
                state.has_left(*kind, path);
            }
            Ok(())
        })?;
        first
    }
}
