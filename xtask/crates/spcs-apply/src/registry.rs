//! Pushes images to the account's image repository.

use std::sync::Arc;

use oci_distribution::client::{ClientConfig, ClientProtocol};
use oci_distribution::{Client, Reference};
use tokio::sync::Mutex;

use crate::account::RestSession;
use crate::layout::Layout;
use crate::progress::Progress;

mod blob;
mod error;
mod login;
mod manifest;
mod retry;
#[cfg(test)]
mod tests;

pub use error::PushError;
use login::Bearer;
use retry::{Failure, RetryPolicy};

/// An image repository of a registry.
pub struct Registry {
    /// `host` or `host:port`.
    host: String,
    /// `db/schema/repository`.
    path: String,
    /// The session that issues tokens; `None` for a registry without a login.
    login: Option<Arc<RestSession>>,
    /// A single client for all blobs, so that connections are reused.
    blobs: Client,
    /// The client for the login and for reading manifests.
    http: reqwest::Client,
    bearer: Mutex<Option<Bearer>>,
    policy: RetryPolicy,
}

/// The result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// The image was pushed. Some of its blobs may have existed.
    Sent,
    /// The tag already had the image.
    AlreadyPresent,
}

impl Registry {
    /// Opens the repository at `repository_url`, as SHOW IMAGE REPOSITORIES reports it:
    /// `host[:port]/db/schema/repo`. The session issues tokens when they are needed.
    pub fn open(
        repository_url: &str,
        login: Option<Arc<RestSession>>,
    ) -> Result<Registry, PushError> {
        let invalid = || PushError::Address { address: repository_url.to_owned() };
        let (host, path) = repository_url.split_once('/').ok_or_else(invalid)?;
        if host.is_empty() || path.is_empty() || path.contains(['@', '?', '#']) {
            return Err(invalid());
        }
        let local = crate::http::is_loopback(host);
        let config = ClientConfig {
            protocol: if local { ClientProtocol::Http } else { ClientProtocol::Https },
            // One PUT per blob: with the default of 4 MiB chunks, a layer of 3 GB waits for 768
            // responses, and a lost chunk restarts the upload anyway.
            use_monolithic_push: true,
            // A timeout would limit the whole upload; `blob` checks its progress instead.
            read_timeout: None,
            connect_timeout: Some(crate::http::CONNECT),
            // `login` decides when a token is too old.
            default_token_expiration_secs: 24 * 60 * 60,
            user_agent: concat!("spcs-xtask/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let http = crate::http::client(host).map_err(|error| PushError::Unreachable {
            registry: host.to_owned(),
            problem: crate::error::chain(&error),
        })?;
        Ok(Registry {
            host: host.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
            login,
            blobs: Client::new(config),
            http,
            bearer: Mutex::new(None),
            policy: RetryPolicy::default(),
        })
    }

    pub(crate) fn reference(&self, image: &str, tag: &str) -> Reference {
        let (host, repository) = (self.host.clone(), format!("{}/{image}", self.path));
        Reference::with_tag(host, repository, tag.to_owned())
    }

    fn scheme(&self) -> &'static str {
        if crate::http::is_loopback(&self.host) { "http" } else { "https" }
    }
}

/// Pushes the image of a layout as `image:tag`, unless the tag already has the layout's digest.
pub(crate) async fn push(
    registry: &Registry,
    layout: &Layout,
    image: &str,
    tag: &str,
    progress: Arc<dyn Progress>,
) -> Result<Pushed, PushError> {
    let target = registry.reference(image, tag);
    if registry.head_manifest(&target).await?.as_ref() == Some(&layout.digest) {
        tracing::debug!(image, tag, "the registry has this manifest");
        return Ok(Pushed::AlreadyPresent);
    }
    registry.push_blobs(layout, &target, layout.blobs(), progress).await?;
    registry.put_manifest(&target, &layout.manifest_bytes).await?;
    match registry.head_manifest(&target).await? {
        Some(found) if found == layout.digest => Ok(Pushed::Sent),
        found => Err(PushError::Mismatch {
            image: target.whole(),
            expected: layout.digest.clone(),
            found: found.unwrap_or_else(|| "none".to_owned()),
        }),
    }
}
