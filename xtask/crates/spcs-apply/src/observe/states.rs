//! The observed state of services, their instances, containers and endpoints.

use serde::Serialize;

/// The state of a service with its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceState {
    /// `DB.SCHEMA.NAME`.
    pub name: String,
    /// `RUNNING`, `PENDING`, `FAILED` …
    pub status: String,
    /// The desired number of instances.
    pub target_instances: usize,
    /// Whether a rolling upgrade to a new spec is running.
    pub is_upgrading: bool,
    /// The digest of the current spec.
    pub spec_digest: String,
    pub instances: Vec<InstanceState>,
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceState {
    /// The instance number, from 0.
    pub id: String,
    /// `READY`, `PENDING`, `FAILED` …
    pub status: String,
    /// The digest of the spec that the instance runs.
    pub spec_digest: String,
}

/// One container of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerState {
    /// The number of the container's instance.
    pub instance: String,
    pub name: String,
    /// `READY`, `PENDING`, `FAILED` …
    pub status: String,
    /// The platform's message about the status.
    pub message: String,
    /// The restart count.
    pub restarts: u32,
    /// The image's path in the repository.
    pub image: String,
}

/// An endpoint of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    pub name: String,
    /// The port in the container.
    pub port: String,
    /// `HTTP` or `TCP`.
    pub protocol: String,
    /// Whether the endpoint has ingress.
    pub is_public: bool,
    /// The ingress host, once it is assigned.
    pub ingress_url: Option<String>,
}
