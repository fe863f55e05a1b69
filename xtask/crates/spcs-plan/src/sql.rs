//! SQL files as data: statements with their lines and effects.

mod condition;
mod effect;
mod file;
mod header;
mod set;
mod split;
mod token;

pub(crate) use condition::Condition;
pub(crate) use effect::KINDS;
pub use effect::{Effect, Grant, ObjectKind};
pub use file::{SqlFile, Statement};
pub(crate) use header::{Each, Header};
pub use set::SqlSet;
pub(crate) use split::{RawStatement, split};
pub(crate) use token::{Kind, Token, tokens};
