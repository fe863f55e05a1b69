//! What a step is about.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a step happens to. Images have the key of `spcs.toml`, objects their full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An image, built.
    Image(String),
    /// An image, pushed.
    PushedImage(String),
    /// A file of `sql/` by its path, and the service or pool that it is rendered for.
    File(String, Option<String>),
    /// A compute pool.
    Pool(String),
    /// The spec of a service.
    Spec(String),
    /// A service.
    Service(String),
    /// The endpoints of a service.
    Endpoints(String),
}

/// `image milvus`, `sql/bootstrap/020_roles.sql`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(key) => write!(f, "image {key}"),
            Self::PushedImage(key) => write!(f, "image {key} to the repository"),
            Self::File(path, None) => f.write_str(path),
            Self::File(path, Some(entry)) => write!(f, "{path} for {entry}"),
            Self::Pool(name) => write!(f, "compute pool {name}"),
            Self::Spec(service) => write!(f, "spec of service {service}"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::Endpoints(service) => write!(f, "endpoints of service {service}"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
