//! Tokens that permit file transfers to and from stages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use spcs_local_files::Id;

use crate::password::random;

/// The permits by token, for paths that start with the id of a stage.
#[derive(Default)]
pub(crate) struct Permits(Mutex<HashMap<String, (Permit, Instant)>>);

struct Permit {
    /// The start of all permitted paths.
    prefix: String,
    write: bool,
}

const VALIDITY: Duration = Duration::from_secs(3600);

impl Permits {
    /// Issues a token for all paths that start with `prefix`.
    pub(crate) fn issue(&self, prefix: String, write: bool) -> String {
        let token = random();
        let now = Instant::now();
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (_, until)| *until > now);
        permits.insert(token.clone(), (Permit { prefix, write }, now + VALIDITY));
        token
    }

    /// Revokes the permits for a dropped stage.
    pub(crate) fn revoke(&self, stage: &Id) {
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (permit, _)| !permit.prefix.starts_with(stage.as_str()));
    }

    /// Whether the token permits reading or writing a path.
    pub(crate) fn allow(&self, token: &str, path: &str, write: bool) -> bool {
        let permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.get(token).is_some_and(|(permit, until)| {
            *until > Instant::now() && path.starts_with(&permit.prefix) && permit.write == write
        })
    }
}
