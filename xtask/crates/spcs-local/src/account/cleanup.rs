//! Deletes what dropped objects have outside the catalog: containers, files and images.
//!
//! It has the object's id and no other object has, so a new object of the same name starts empty
//! however long this takes. The deletion continues even if the statement is aborted. What a killed
//! platform leaves has ids of no object, and is deleted at the next start.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use spcs_local_files::Id;
use spcs_local_services::controller::Removal;
use tokio_util::sync::CancellationToken;

use super::Account;
use crate::blocking;
use crate::kind::{ExternalData, Kind, Object};
use crate::sql::SqlError;

/// Data of dropped objects that has not been deleted yet.
#[must_use]
pub(crate) struct Cleanup(Vec<Dropped>);

struct Dropped {
    /// The object, for messages.
    name: String,
    data: DroppedData,
}

enum DroppedData {
    /// Containers and volumes, which the service's task removes.
    Service(Removal),
    Files(Id),
    Images(Id),
}

impl Account {
    /// Ends the use of dropped objects. Call this while the catalog is locked for the DROP.
    pub(crate) fn detach(&self, gone: &[Object]) -> Cleanup {
        let dropped = gone.iter().filter_map(|object| {
            let data = match object.kind().facts().external_data {
                ExternalData::Containers => {
                    DroppedData::Service(self.controller.remove(&object.service_key()?, false))
                }
                ExternalData::Files => {
                    self.permits.revoke(&object.id);
                    DroppedData::Files(object.id.clone())
                }
                ExternalData::Images => DroppedData::Images(object.id.clone()),
                ExternalData::None => return None,
            };
            let name = format!("{} {}", object.kind().title(), object.full_name());
            Some(Dropped { name, data })
        });
        Cleanup(dropped.collect())
    }

    /// Finds the data that no object has: what a killed platform had not deleted yet.
    pub(crate) fn garbage(&self) -> io::Result<Cleanup> {
        let (stages, repositories, services) = self.catalog.read(|state| {
            let ids = |kind| state.all(kind).map(|object| object.id.clone()).collect();
            let keys = state.services().map(|(object, record)| record.key(&object.id));
            let (stages, repositories): (HashSet<Id>, HashSet<Id>) =
                (ids(Kind::Stage), ids(Kind::ImageRepository));
            (stages, repositories, keys.collect::<HashSet<String>>())
        });
        let services = self.controller.others(&services)?.into_iter().map(|key| {
            let removal = self.controller.remove(&key, false);
            Dropped { name: format!("the service {key}"), data: DroppedData::Service(removal) }
        });
        let stages = self.stages.others(&stages)?.into_iter();
        let stages = stages
            .map(|id| Dropped { name: format!("the stage {id}"), data: DroppedData::Files(id) });
        let repositories = self.registry.others(&repositories)?.into_iter();
        let repositories = repositories.map(|id| Dropped {
            name: format!("the image repository {id}"),
            data: DroppedData::Images(id),
        });
        Ok(Cleanup(services.chain(stages).chain(repositories).collect()))
    }

    /// Deletes the data. Returns the first failure; failed deletions are retried at the next start.
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
        // Services first, because they use stages and images.
        let (services, others): (Vec<_>, Vec<_>) = cleanup
            .0
            .into_iter()
            .partition(|dropped| matches!(dropped.data, DroppedData::Service(_)));
        for Dropped { name, data } in services.into_iter().chain(others) {
            let deleted = match data {
                DroppedData::Service(removal) => {
                    removal.done().await.map_err(|error| error.to_string())
                }
                DroppedData::Files(id) => {
                    self.stages.remove(&id).map_err(|error| error.to_string())
                }
                DroppedData::Images(id) => {
                    self.registry.remove_repository(&id).map_err(|error| error.to_string())
                }
            };
            if let Err(error) = deleted {
                tracing::warn!(name, error, "cannot delete the data of a dropped object");
                first = first.and(Err(SqlError::execution(format!(
                    "{name} is dropped, but its data could not be deleted: {error}. The platform \
                     retries at its next start."
                ))));
            }
        }
        first
    }
}
