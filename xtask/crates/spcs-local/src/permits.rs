//! Permissions to move files to and from stages, by token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::password::random;

/// What may be read or written below the directory of all stages, by token.
#[derive(Default)]
pub(crate) struct Permits(Mutex<HashMap<String, (Permit, Instant)>>);

/// One permission to move files.
struct Permit {
    /// Everything whose path starts with this.
    prefix: String,
    write: bool,
}

const VALIDITY: Duration = Duration::from_secs(3600);

impl Permits {
    /// A token for everything whose path starts with `prefix`.
    pub(crate) fn issue(&self, prefix: String, write: bool) -> String {
        let token = random();
        let now = Instant::now();
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (_, until)| *until > now);
        permits.insert(token.clone(), (Permit { prefix, write }, now + VALIDITY));
        token
    }

    /// Ends the permits for a stage that is dropped: the next one of its name is another.
    pub(crate) fn end(&self, stage: &str) {
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (permit, _)| {
            permit.prefix.strip_prefix(stage).is_none_or(|rest| !rest.starts_with('/'))
        });
    }

    /// Whether the token permits it.
    pub(crate) fn allow(&self, token: &str, path: &str, write: bool) -> bool {
        let permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.get(token).is_some_and(|(permit, until)| {
            *until > Instant::now() && path.starts_with(&permit.prefix) && permit.write == write
        })
    }
}
