//! Parses service specifications strictly, with SPCS's rules and Snowflake's wording.
//!
//! An unknown option is an error. An option that Snowflake has and the local platform does not
//! support is rejected by name. Nothing is skipped silently.

mod budget;
mod container;
mod document;
mod endpoint;
mod error;
mod fields;
mod image;
mod names;
mod node;
mod normal;
mod resources;
mod service_spec;
#[cfg(test)]
mod tests;
mod volume;

pub use budget::MAX_BYTES;
pub use container::{Container, Probe, SessionToken, VolumeMount};
pub use document::parse;
pub use endpoint::{Endpoint, Ports, Protocol, ServiceRole};
pub use error::SpecError;
pub use image::ImagePath;
pub use resources::{Amounts, Resources};
pub use service_spec::ServiceSpec;
pub use volume::{Volume, VolumeSource};
