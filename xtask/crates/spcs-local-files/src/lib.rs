//! Files in the platform's state directory: crash-safe writes, and access to the stage directories,
//! which containers can write to, without following symbolic links.

pub mod durable;
pub mod stages;
