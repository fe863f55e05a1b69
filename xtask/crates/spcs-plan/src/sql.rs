//! SQL files as data: statements, where they stand, and what they do.

mod effect;
mod file;
mod split;

pub use effect::{Effect, Grant, ObjectKind};
pub use file::{SqlFile, Statement};
pub(crate) use split::{RawStatement, split, tokens};
