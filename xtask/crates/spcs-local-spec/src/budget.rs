//! How large and how deep a specification may be.
//!
//! The parser recurses into nested nodes and copies what an alias stands for, so a short text could
//! use up the stack or the memory. Real specifications stay far below these limits.

use serde::de;
use serde_saphyr::Options;

use crate::error::SpecError;

/// The most bytes of a specification.
pub const MAX_BYTES: usize = 256 << 10;
/// The most levels of lists and mappings; no option lies deeper than eight.
const MAX_DEPTH: usize = 12;
/// The most lists, mappings and scalars.
const MAX_NODES: usize = 20_000;
/// The most parser events that aliases may repeat, all together.
const MAX_REPEATED: usize = 500;
/// The most bytes of one scalar. With the limit above it bounds what aliases can copy.
const MAX_SCALAR: usize = 32 << 10;

/// Refuses a text that is too long to be parsed.
pub(crate) fn check(text: &str) -> Result<(), SpecError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let message = format!("the specification is larger than {MAX_BYTES} bytes");
    Err(SpecError { line: 0, path: String::new(), message })
}

/// What the YAML parser may spend on one specification.
pub(crate) fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPEATED,
        },
    }
}

/// Refuses a scalar or a key that is too long.
pub(crate) fn scalar<E: de::Error>(text: &str) -> Result<(), E> {
    if text.len() <= MAX_SCALAR {
        return Ok(());
    }
    Err(E::custom(format!("a value is longer than {MAX_SCALAR} bytes")))
}
