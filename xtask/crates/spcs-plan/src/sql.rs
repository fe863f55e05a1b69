//! SQL files as data: statements, where they stand, and what they do.

mod condition;
mod effect;
mod file;
mod header;
mod set;
mod split;

pub(crate) use condition::Condition;
pub use effect::{Effect, Grant, ObjectKind};
pub use file::{SqlFile, Statement};
pub(crate) use header::{Each, Header};
pub use set::SqlSet;
pub(crate) use split::{RawStatement, split, tokens};
