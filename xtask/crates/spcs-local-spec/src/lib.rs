//! Service specifications: parsed strictly, with SPCS's rules and Snowflake's wording.
//!
//! An option that is unknown is an error; an option that Snowflake has and this platform has not
//! is refused by name. Nothing is skipped in silence.

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
