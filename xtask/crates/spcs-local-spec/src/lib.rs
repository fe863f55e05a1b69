//! Service specifications: parsed strictly, with SPCS's rules and Snowflake's wording.
//!
//! An option that is unknown is an error; an option that Snowflake has and this platform has not
//! is refused by name. Nothing is skipped in silence.

use std::collections::BTreeMap;
use std::fmt;

mod container;
mod document;
mod endpoint;
mod fields;
mod image;
mod names;
mod node;
mod normal;
mod resources;
#[cfg(test)]
mod tests;
mod volume;

pub use container::{Container, Probe, SessionToken, VolumeMount};
pub use endpoint::{Endpoint, Ports, Protocol, ServiceRole};
pub use image::ImagePath;
pub use resources::{Amounts, Resources};
pub use volume::{Volume, VolumeSource};

/// A checked specification.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// The containers of each instance; the first one owns the instance's network.
    pub containers: Vec<Container>,
    /// What the service offers.
    pub endpoints: Vec<Endpoint>,
    /// What its containers can mount.
    pub volumes: Vec<Volume>,
    /// Roles it defines, beside the built-in `ALL_ENDPOINTS_USAGE`.
    pub service_roles: Vec<ServiceRole>,
    document: node::Node,
}

/// Why a specification is refused. Its text starts with Snowflake's `Invalid spec: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SpecError {
    /// 1-based line of the specification; 0 when there is none to name.
    pub line: u64,
    /// Path of the option, e.g. `spec.containers[0].image`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid spec: {}", self.message)?;
        if self.line > 0 {
            write!(f, " (line {})", self.line)?;
        }
        f.write_str(".")
    }
}

/// Parses and checks a specification.
pub fn parse(text: &str) -> Result<ServiceSpec, SpecError> {
    if text.trim().is_empty() {
        let message = "the specification is empty".to_owned();
        return Err(SpecError { line: 0, path: String::new(), message });
    }
    document::read(node::parse(text)?)
}

impl ServiceSpec {
    /// What DESCRIBE SERVICE shows: the specification with `sha256: "@sha256:…"` per container
    /// (`digests`: container name -> `sha256:…`) and the resources that are in force.
    pub fn normalised_yaml(&self, digests: &BTreeMap<String, String>) -> String {
        normal::yaml(self, digests)
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
