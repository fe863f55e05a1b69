//! A validated specification.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::container::Container;
use crate::endpoint::{Endpoint, Ports, ServiceRole};
use crate::node::Node;
use crate::normal;
use crate::volume::{Volume, VolumeSource};

/// A validated specification.
///
/// It is stored as its text, which is parsed and validated again when it is loaded. So every value
/// of this type is valid.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceSpec {
    /// The containers of each instance. The first one owns the instance's network namespace.
    pub containers: Vec<Container>,
    pub endpoints: Vec<Endpoint>,
    pub volumes: Vec<Volume>,
    /// The service roles that it defines, in addition to the built-in `ALL_ENDPOINTS_USAGE`.
    pub service_roles: Vec<ServiceRole>,
    /// The text as written.
    pub(crate) text: String,
    /// The document as written, for DESCRIBE SERVICE.
    pub(crate) document: Node,
}

impl ServiceSpec {
    /// The specification as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The specification as DESCRIBE SERVICE shows it: with `sha256: "@sha256:…"` (`digests` maps
    /// container names to digests) and the effective resources for each container.
    pub fn normalised_yaml(&self, digests: &BTreeMap<String, String>) -> String {
        normal::yaml(&self.document, &self.containers, digests)
    }

    /// The `@stage[/path]` of each stage volume, as written.
    pub fn stages(&self) -> impl Iterator<Item = &str> {
        self.volumes.iter().filter_map(|volume| match &volume.source {
            VolumeSource::Stage(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The container ports that must be reachable from outside the schema's network: those of
    /// public endpoints and probes.
    pub fn published_ports(&self) -> Vec<u16> {
        let public = self.endpoints.iter().filter(|endpoint| endpoint.public);
        let mut ports: Vec<u16> = public
            .filter_map(|endpoint| match &endpoint.ports {
                Ports::One(port) => Some(*port),
                Ports::Range(_) => None,
            })
            .collect();
        for container in &self.containers {
            ports.extend(container.readiness.iter().chain(&container.liveness).map(|p| p.port));
        }
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

impl Serialize for ServiceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}
