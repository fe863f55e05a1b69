//! An OCI registry (distribution-spec 1.1) with the authentication, the names and the refusals of
//! an SPCS image repository.
//!
//! Names are `database/schema/repository/image`; the catalog says which repositories there are
//! and who may read or write them. Images cannot be deleted one by one, as in SPCS; a dropped
//! repository takes its images with it. Everything that was answered with 201 is on disk.

mod access;
mod blobs;
mod call;
mod digest;
mod error;
mod faults;
mod login;
mod manifest;
mod manifests;
mod name;
mod range;
mod registry;
mod serve;
mod store;
mod tags;
mod upload_requests;
mod uploads;

pub use access::{Access, BearerToken, Caller, RepositoryAccess, RepositoryAction};
pub use faults::{Fault, Faults};
pub use registry::Registry;
pub use store::ImageRow;
