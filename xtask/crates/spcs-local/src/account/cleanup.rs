//! Deletes what dropped objects have outside the catalog: containers, files and images.
//!
//! It is detached while the catalog is still locked for the DROP, so that new objects of the same
//! names start empty. The deletion itself takes time, and continues even if the statement is
//! aborted.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use spcs_local_files::stages;
use spcs_local_services::controller::Removal;
use tokio_util::sync::CancellationToken;

use super::Account;
use crate::blocking;
use crate::kind::{ExternalData, Kind, Object};
use crate::sql::SqlError;
use crate::stage_path::directory;

/// Detached data of dropped objects that has not been deleted yet.
#[must_use]
pub(crate) struct Cleanup(Vec<Detached>);

struct Detached {
    kind: Kind,
    path: Vec<String>,
    data: DetachedData,
}

enum DetachedData {
    /// Containers and volumes, which the service's task removes.
    Service(Removal),
    /// The directory after it was moved away, if it existed.
    Files(io::Result<Option<PathBuf>>),
    Images(io::Result<Option<PathBuf>>),
}

impl Account {
    /// Detaches the external data of objects. Call this while the catalog is locked.
    pub(crate) fn detach<'a>(
        &self,
        gone: impl Iterator<Item = (Kind, &'a Vec<String>)>,
    ) -> Cleanup {
        let detached = gone.filter_map(|(kind, path)| {
            let data = match kind.facts().external_data {
                ExternalData::Containers => {
                    DetachedData::Service(self.controller.remove(&path.join("."), false))
                }
                ExternalData::Files => {
                    let stage = directory(path);
                    self.permits.revoke(&stage);
                    DetachedData::Files(stages::detach(&self.stages, &stage))
                }
                ExternalData::Images => {
                    let key = path.join("/").to_lowercase();
                    DetachedData::Images(self.registry.detach_repository(&key))
                }
                ExternalData::None => return None,
            };
            Some(Detached { kind, path: path.clone(), data })
        });
        Cleanup(detached.collect())
    }

    /// Detaches the external data of dropped objects.
    pub(crate) fn detach_objects(&self, gone: &[Object]) -> Cleanup {
        self.detach(gone.iter().map(|object| (object.kind(), &object.path)))
    }

    /// Detaches what is left of drops that the previous run of the platform did not finish.
    pub(crate) fn detach_unfinished(&self) -> Cleanup {
        self.catalog
            .read(|state| self.detach(state.unfinished_drops().map(|(kind, path)| (*kind, path))))
    }

    /// Deletes what was detached. Returns the first failure; failed deletions are retried at the
    /// next start.
    pub(crate) async fn clean_up(self: &Arc<Self>, cleanup: Cleanup) -> Result<(), SqlError> {
        if cleanup.0.is_empty() {
            return Ok(());
        }
        let account = Arc::clone(self);
        // In a separate task, so that it continues if the statement is aborted.
        let work = async move { account.clean_up_all(cleanup).await };
        let cleaned =
            tokio::spawn(async move { blocking::run(work, &CancellationToken::new()).await });
        let cleaned = cleaned.await;
        let cleaned = cleaned.map_err(|error| {
            SqlError::execution(format!("deleting dropped data failed: {error}"))
        })?;
        cleaned.unwrap_or(Ok(()))
    }

    async fn clean_up_all(&self, cleanup: Cleanup) -> Result<(), SqlError> {
        let mut first = Ok(());
        let mut done = Vec::new();
        // Services first, because they use stages and images.
        let (services, others): (Vec<_>, Vec<_>) = cleanup
            .0
            .into_iter()
            .partition(|detached| matches!(detached.data, DetachedData::Service(_)));
        for Detached { kind, path, data } in services.into_iter().chain(others) {
            let cleaned = match data {
                DetachedData::Service(removal) => {
                    removal.done().await.map_err(|error| error.to_string())
                }
                DetachedData::Files(directory) => directory
                    .and_then(|directory| directory.map_or(Ok(()), fs_err::remove_dir_all))
                    .map_err(|error| error.to_string()),
                DetachedData::Images(detached) => detached
                    .and_then(|detached| match detached {
                        Some(detached) => self.registry.discard_repository(&detached),
                        None => Ok(()),
                    })
                    .map_err(|error| error.to_string()),
            };
            match cleaned {
                Ok(()) => done.push((kind, path)),
                Err(error) => {
                    let name = path.join(".");
                    tracing::warn!(name, error, "cannot delete the data of a dropped object");
                    first = first.and(Err(SqlError::execution(format!(
                        "{} {name} is dropped, but its data could not be deleted: {error}. The \
                         platform retries at its next start.",
                        kind.title()
                    ))));
                }
            }
        }
        self.catalog.change(|state| {
            for (kind, path) in &done {
                state.finish_drop(*kind, path);
            }
            Ok(())
        })?;
        first
    }
}
