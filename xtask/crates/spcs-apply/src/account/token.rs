//! Session tokens that authenticate at the image registry and the ingress.

use std::time::Duration;

use crate::secret::Secret;

/// A token issued for a session, which the registry and the ingress accept.
#[derive(Clone)]
pub struct IssuedToken {
    pub token: Secret,
    /// How long the token is valid.
    pub expires_in: Duration,
}

impl IssuedToken {
    /// The password for the registry's user `0sessiontoken`.
    pub fn registry_password(&self) -> Secret {
        let seconds = self.expires_in.as_secs();
        let password = serde_json::json!({"token": self.token.expose(), "expires_in": seconds});
        Secret::new(password.to_string())
    }
}
