//! What a service has besides its properties.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spcs_local_spec::{ServiceSpec, Volume, VolumeSource};

use crate::clock::Millis;

/// What a service has besides its properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    /// The compute pool's name.
    pub(crate) pool: String,
    pub(crate) spec: ServiceSpec,
    pub(crate) spec_digest: String,
    /// By container.
    pub(crate) images: BTreeMap<String, ImageRecord>,
    /// `@stage/path` in the spec -> `database/schema/stage/path` below the stages directory.
    pub(crate) stages: BTreeMap<String, String>,
    pub(crate) suspended: bool,
    pub(crate) resumed: Option<Millis>,
    pub(crate) suspended_on: Option<Millis>,
    pub(crate) endpoints: Vec<EndpointRecord>,
    /// Service role -> names of endpoints.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    /// What its containers log in with.
    pub(crate) token: String,
}

impl ServiceRecord {
    /// The specification with the digests of its images.
    pub(super) fn normalised(&self) -> String {
        let images = self.images.iter();
        let digests: BTreeMap<String, String> =
            images.map(|(name, image)| (name.clone(), image.digest.clone())).collect();
        self.spec.normalised_yaml(&digests)
    }

    /// Whether data would be lost with it.
    pub(super) fn has_block_volume(&self) -> bool {
        let is_block = |volume: &Volume| matches!(volume.source, VolumeSource::Block { .. });
        self.spec.volumes.iter().any(is_block)
    }
}

/// An image, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageRecord {
    pub(crate) path: String,
    pub(crate) digest: String,
}

/// An endpoint of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointRecord {
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
    pub(crate) port_range: Option<String>,
    pub(crate) protocol: String,
    pub(crate) public: bool,
    /// First label of its ingress host.
    pub(crate) label: String,
    /// When it came to be; its URL is known some time after.
    pub(crate) since: Millis,
}
