//! Files in the platform's state directory: crash-safe writes, private directories, and access to
//! the stages, which containers can write to, without following symbolic links.

mod beneath;
pub mod durable;
mod file_path;
mod id;
mod listing;
mod owner;
pub mod private;
mod stage;
mod stages;
mod upload;

pub use file_path::{FilePath, InvalidPath};
pub use id::Id;
pub use listing::StageFile;
pub use owner::StageOwner;
pub use stage::Stage;
pub use stages::Stages;
pub use upload::Upload;
