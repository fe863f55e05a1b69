//! The observed state of services, their instances, containers and endpoints.

use serde::Serialize;

/// The state of a service with its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceState {
    /// `DB.SCHEMA.NAME`.
    pub name: String,
    /// `RUNNING`, `PENDING`, `FAILED` …
    pub status: String,
    /// How many instances should run.
    pub target_instances: usize,
    /// Whether instances with an older spec are being replaced.
    pub is_upgrading: bool,
    /// The digest of the spec that its instances should run.
    pub spec_digest: String,
    /// Its instances.
    pub instances: Vec<InstanceState>,
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceState {
    /// Its number, from 0.
    pub id: String,
    /// `READY`, `PENDING`, `FAILED` …
    pub status: String,
    /// The digest of the spec that it runs.
    pub spec_digest: String,
}

/// One container of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerState {
    /// The number of its instance.
    pub instance: String,
    /// Its name in the spec.
    pub name: String,
    /// `READY`, `PENDING`, `FAILED` …
    pub status: String,
    /// Why, in the platform's words.
    pub message: String,
    /// How often it was restarted.
    pub restarts: u32,
    /// The image, by its path in the repository.
    pub image: String,
}

/// An endpoint of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its name in the spec.
    pub name: String,
    /// The port in the container.
    pub port: String,
    /// `HTTP` or `TCP`.
    pub protocol: String,
    /// Whether it can be reached from outside.
    pub is_public: bool,
    /// Its host, once there is one.
    pub ingress_url: Option<String>,
}
