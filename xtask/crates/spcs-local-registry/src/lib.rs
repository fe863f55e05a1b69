//! An OCI registry (distribution-spec 1.1) with the authentication, naming and errors of an SPCS
//! image repository.
//!
//! Names are `database/schema/repository/image`. The catalog decides which repositories exist, which
//! ids they have in the store, and who may read or write them. As in SPCS, single images cannot be deleted; dropping a repository
//! deletes its images. The registry answers 201 only after the content is on disk.

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
