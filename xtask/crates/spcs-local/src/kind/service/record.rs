//! The data of a service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spcs_local_spec::{ServiceSpec, Volume, VolumeSource};

use crate::clock::Millis;

/// The data of a service, in addition to its properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    /// The name of the compute pool.
    pub(crate) pool: String,
    pub(crate) spec: ServiceSpec,
    pub(crate) spec_digest: String,
    /// By container name.
    pub(crate) images: BTreeMap<String, ImageRecord>,
    /// Maps `@stage/path` in the spec to `database/schema/stage/path` in the stages directory.
    pub(crate) stages: BTreeMap<String, String>,
    pub(crate) suspended: bool,
    pub(crate) resumed: Option<Millis>,
    pub(crate) suspended_on: Option<Millis>,
    pub(crate) endpoints: Vec<EndpointRecord>,
    /// Maps service roles to the names of their endpoints.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    /// Random: another service of the same name has another one.
    pub(crate) id: String,
}

impl ServiceRecord {
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
