//! A checked specification, and what others ask of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::container::Container;
use crate::endpoint::{Endpoint, Ports, ServiceRole};
use crate::node::Node;
use crate::normal;
use crate::volume::{Volume, VolumeSource};

/// A checked specification.
///
/// On disk it is the text as given, which is read again when it is loaded: nobody has a
/// specification in hand that was not checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceSpec {
    /// The containers of each instance; the first one owns the instance's network.
    pub containers: Vec<Container>,
    /// What the service offers.
    pub endpoints: Vec<Endpoint>,
    /// What its containers can mount.
    pub volumes: Vec<Volume>,
    /// Roles it defines, beside the built-in `ALL_ENDPOINTS_USAGE`.
    pub service_roles: Vec<ServiceRole>,
    /// The text as given.
    pub(crate) text: String,
    /// The document as written, for DESCRIBE SERVICE.
    pub(crate) document: Node,
}

impl ServiceSpec {
    /// The specification as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What DESCRIBE SERVICE shows: the specification with `sha256: "@sha256:…"` per container
    /// (`digests`: container name -> `sha256:…`) and the resources that are in force.
    pub fn normalised_yaml(&self, digests: &BTreeMap<String, String>) -> String {
        normal::yaml(&self.document, &self.containers, digests)
    }

    /// `@stage[/path]` of every stage volume, as written.
    pub fn stages(&self) -> impl Iterator<Item = &str> {
        self.volumes.iter().filter_map(|volume| match &volume.source {
            VolumeSource::Stage(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Container ports that something outside the schema's network needs to reach: public
    /// endpoints and probes.
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
