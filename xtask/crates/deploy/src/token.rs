//! Session tokens that stand for a login elsewhere: the image registry and the ingress.

use std::time::Duration;

use crate::secret::Secret;
use crate::stage::{StageError, StageSession};

/// A token, issued for a session, that the registry and the ingress take.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: Secret,
    /// How long it holds.
    pub expires_in: Duration,
}

/// Issues a token that carries the session's role.
pub async fn issue(_session: &StageSession) -> Result<IssuedToken, StageError> {
    Err(StageError::X)
}
