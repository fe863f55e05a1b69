//! Logs in at the registry: exchanges a session token of the account for a bearer token. The client
//! gets it before the first request, so that parallel uploads do not each request one.

use std::time::{Duration, Instant};

use oci_distribution::secrets::RegistryAuth;
use oci_distribution::token_cache::{RegistryToken, RegistryTokenType};
use oci_distribution::{Reference, RegistryOperation};
use serde::Deserialize;

use super::Registry;
use super::retry::{Failure, short};
use crate::secret::Secret;

/// The user name for a login with a session token.
const USER: &str = "0sessiontoken";

/// A token is replaced this long before it expires.
const MARGIN: Duration = Duration::from_secs(120);

/// The current token.
pub(super) struct Bearer {
    /// The number of the login, so that a request that failed with an older token does not discard
    /// a newer one.
    generation: u64,
    token: Secret,
    /// When the token is replaced.
    until: Instant,
}

#[derive(Deserialize)]
struct LoginAnswer {
    token: String,
}

impl Registry {
    /// The number of the current login.
    pub(super) async fn generation(&self) -> u64 {
        self.bearer.lock().await.as_ref().map_or(0, |bearer| bearer.generation)
    }

    /// Discards the token of the login `seen`, but not a newer one.
    pub(super) async fn forget_login(&self, seen: u64) {
        if let Some(bearer) = self.bearer.lock().await.as_mut()
            && bearer.generation == seen
        {
            bearer.until = Instant::now();
        }
    }

    /// The current token, if this registry needs one; logs in if there is none.
    pub(super) async fn bearer(&self) -> Result<Option<Secret>, Failure> {
        let Some(session) = &self.login else { return Ok(None) };
        // Hold the lock during the login, so that concurrent callers wait for this token.
        let mut bearer = self.bearer.lock().await;
        if let Some(bearer) = bearer.as_ref()
            && Instant::now() < bearer.until
        {
            return Ok(Some(bearer.token.clone()));
        }
        let issued = session.issue().await.map_err(|error| Failure::Push(error.into()))?;
        let call = self
            .http
            .get(format!("{}://{}/login", self.scheme(), self.host))
            .basic_auth(USER, Some(issued.registry_password().expose()))
            .timeout(self.policy.stall);
        let answer = call.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if !status.is_success() {
            return Err(Failure::Status { status: status.as_u16(), message: short(&body) });
        }
        let LoginAnswer { token } = serde_json::from_str(&body).map_err(|_| {
            Failure::Transport("the registry's login answer holds no token".to_owned())
        })?;
        let token = Secret::new(token);
        let generation = bearer.as_ref().map_or(0, |bearer| bearer.generation) + 1;
        let lifetime = issued.expires_in.saturating_sub(MARGIN).max(Duration::from_secs(30));
        let until = Instant::now() + lifetime;
        *bearer = Some(Bearer { generation, token: token.clone(), until });
        tracing::debug!(registry = self.host, generation, "logged in at the image registry");
        Ok(Some(token))
    }

    /// Gives the client the current token for an image.
    pub(super) async fn prepare(&self, image: &Reference) -> Result<(), Failure> {
        let Some(token) = self.bearer().await? else { return Ok(()) };
        // The client uses its tokens only if it has credentials for the registry.
        let placeholder = RegistryAuth::Basic(USER.to_owned(), String::new());
        self.blobs.store_auth_if_needed(image.resolve_registry(), &placeholder).await;
        let token = RegistryToken::Token { token: token.expose().to_owned() };
        for operation in [RegistryOperation::Pull, RegistryOperation::Push] {
            let token = RegistryTokenType::Bearer(token.clone());
            self.blobs.tokens.insert(image, operation, token).await;
        }
        Ok(())
    }
}
