//! The data of a service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spcs_local_files::Id;
use spcs_local_services::service::service_key;
use spcs_local_spec::{ServiceSpec, Volume, VolumeSource};

use crate::clock::Millis;

/// The data of a service, in addition to its properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    /// The id of the schema, whose services share a network.
    pub(crate) schema: Id,
    /// The name of the compute pool.
    pub(crate) pool: String,
    pub(crate) spec: ServiceSpec,
    pub(crate) spec_digest: String,
    /// By container name.
    pub(crate) images: BTreeMap<String, ImageRecord>,
    /// The stage behind each `@stage/path` in the spec.
    pub(crate) stages: BTreeMap<String, MountRecord>,
    pub(crate) suspended: bool,
    pub(crate) resumed: Option<Millis>,
    pub(crate) suspended_on: Option<Millis>,
    pub(crate) endpoints: Vec<EndpointRecord>,
    /// Maps service roles to the names of their endpoints.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    /// Random part of the endpoints' host names: another service of the same name has other hosts.
    pub(crate) host_seed: String,
}

impl ServiceRecord {
    /// The controller's key of the service with this id.
    pub(crate) fn key(&self, id: &Id) -> String {
        service_key(&self.schema, id)
    }

    /// The specification as DESCRIBE SERVICE shows it.
    pub(super) fn normalised(&self) -> String {
        let images = self.images.iter();
        let digests: BTreeMap<String, String> =
            images.map(|(name, image)| (name.clone(), image.digest.clone())).collect();
        self.spec.normalised_yaml(&digests)
    }

    pub(super) fn has_block_volume(&self) -> bool {
        let is_block = |volume: &Volume| matches!(volume.source, VolumeSource::Block { .. });
        self.spec.volumes.iter().any(is_block)
    }
}

/// An image, pinned by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageRecord {
    pub(crate) path: String,
    pub(crate) digest: String,
}

/// A stage that a service mounts. It is found by its name at each start of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MountRecord {
    pub(crate) stage: Vec<String>,
    /// The directory in the stage.
    pub(crate) path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointRecord {
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
    pub(crate) port_range: Option<String>,
    pub(crate) protocol: String,
    pub(crate) public: bool,
    /// The generated part of its ingress host name.
    pub(crate) label: String,
    /// When it was created. SHOW ENDPOINTS prints its URL some time later.
    pub(crate) since: Millis,
}
