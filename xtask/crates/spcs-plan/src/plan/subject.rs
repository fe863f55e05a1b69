//! The subject of a step.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a step acts on: images by key, objects by full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An image to build.
    Image(String),
    /// An image to push.
    PushedImage(String),
    /// The path of a file of `sql/`, and the key of the service or pool it is rendered for.
    File(String, Option<String>),
    Pool(String),
    /// The spec of a service.
    Spec(String),
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
