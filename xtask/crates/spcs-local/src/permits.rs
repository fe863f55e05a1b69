//! Tokens that permit file transfers to and from stages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use spcs_local_files::Id;

use crate::password::random;

/// The permits by token, for paths that start with the id of a stage.
#[derive(Default)]
pub(crate) struct Permits(Mutex<HashMap<String, (Permit, Instant)>>);

/// What a token permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Read,
    /// To write files that are not there yet: PUT without OVERWRITE.
    Create,
    /// To write files, and to replace those that are there.
    Replace,
}

struct Permit {
    /// The start of all permitted paths.
    prefix: String,
    permission: Permission,
}

const VALIDITY: Duration = Duration::from_secs(3600);

impl Permits {
    /// Issues a token for all paths that start with `prefix`.
    pub(crate) fn issue(&self, prefix: String, permission: Permission) -> String {
        let token = random();
        let now = Instant::now();
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (_, until)| *until > now);
        permits.insert(token.clone(), (Permit { prefix, permission }, now + VALIDITY));
        token
    }

    /// Revokes the permits for a dropped stage.
    pub(crate) fn revoke(&self, stage: &Id) {
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, (permit, _)| !permit.prefix.starts_with(stage.as_str()));
    }

    /// What the token permits at a path.
    pub(crate) fn permission(&self, token: &str, path: &str) -> Option<Permission> {
        let permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (permit, until) = permits.get(token)?;
        let valid = *until > Instant::now() && path.starts_with(&permit.prefix);
        valid.then_some(permit.permission)
    }
}
