//! The manifest: its digest is read before a push, and it is uploaded last.

use futures_util::FutureExt as _;
use oci_distribution::Reference;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};

use super::retry::{Failure, short, within};
use super::{PushError, Registry};
use crate::layout::MANIFEST;

/// The media types to accept; a registry answers 404 for a manifest of another type.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
                        application/vnd.docker.distribution.manifest.v2+json, \
                        application/vnd.oci.image.index.v1+json";

impl Registry {
    /// The manifest digest of a tag, if the registry has the tag.
    pub(crate) async fn head_manifest(
        &self,
        image: &Reference,
    ) -> Result<Option<String>, PushError> {
        let tag = image.tag().unwrap_or("latest");
        let url =
            format!("{}://{}/v2/{}/manifests/{tag}", self.scheme(), self.host, image.repository());
        let ask = || async {
            let mut call = self.http.head(&url).header(ACCEPT, ACCEPTED);
            if let Some(token) = self.bearer().await? {
                call = call.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
            }
            let answer = call.timeout(self.policy.stall).send().await?;
            match answer.status() {
                StatusCode::NOT_FOUND => Ok(None),
                status if status.is_success() => {
                    let digest = answer.headers().get("docker-content-digest");
                    let digest = digest.and_then(|value| value.to_str().ok());
                    digest.map(|digest| Some(digest.to_owned())).ok_or_else(|| {
                        Failure::Transport("the registry did not return its digest".to_owned())
                    })
                }
                status => {
                    let body = answer.text().await.unwrap_or_default();
                    Err(Failure::Status { status: status.as_u16(), message: short(&body) })
                }
            }
        };
        self.attempt(&format!("ask for {image}"), || ask().boxed()).await
    }

    /// Uploads the exact bytes of the manifest, because they determine its digest.
    pub(super) async fn put_manifest(
        &self,
        image: &Reference,
        bytes: &[u8],
    ) -> Result<(), PushError> {
        let put = || async {
            self.prepare(image).await?;
            let kind = HeaderValue::from_static(MANIFEST);
            let put = self.blobs.push_manifest_raw(image, bytes.to_vec(), kind);
            within(self.policy.stall, put).await.map(drop)
        };
        self.attempt(&format!("push the manifest of {image}"), || put().boxed()).await
    }
}
