//! Parsing and validation of manifests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::digest::Digest;
use crate::error::{Code, Error};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// The specification requires registries to accept manifests of at least 4 MiB.
pub(crate) const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// The fields of a manifest or index that the registry uses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    schema_version: u64,
    pub(crate) media_type: Option<String>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Option<Descriptor>,
    pub(crate) layers: Option<Vec<Descriptor>>,
    pub(crate) manifests: Option<Vec<Descriptor>>,
    pub(crate) subject: Option<Descriptor>,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// A content descriptor.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) urls: Vec<String>,
    pub(crate) platform: Option<Platform>,
}

/// An image's platform, from an index descriptor or from the image's config.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) os: String,
    pub(crate) architecture: String,
}

impl Platform {
    /// Whether SPCS runs images for this platform.
    pub(crate) fn is_supported(&self) -> bool {
        self.os == "linux" && self.architecture == "amd64"
    }
}

impl Manifest {
    /// Parses and validates a manifest. Returns it with its effective media type.
    pub(crate) fn parse(
        bytes: &[u8],
        content_type: Option<&str>,
    ) -> Result<(Manifest, String), Error> {
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|error| invalid(format!("cannot parse the manifest: {error}")))?;
        let sent = content_type.map(|text| text.split(';').next().unwrap_or(text).trim());
        let media_type = match (sent, manifest.media_type.as_deref()) {
            (Some(sent), Some(inside)) if sent != inside => {
                return Err(invalid(format!(
                    "the Content-Type is {sent}, but the manifest's mediaType is {inside}"
                )));
            }
            (Some(media_type), _) | (None, Some(media_type)) => media_type.to_owned(),
            (None, None) => return Err(invalid("the manifest has no media type".to_owned())),
        };
        if manifest.schema_version != 2 {
            return Err(invalid(format!("schemaVersion is {}, not 2", manifest.schema_version)));
        }
        match media_type.as_str() {
            OCI_MANIFEST | DOCKER_MANIFEST => {
                if manifest.config.is_none() || manifest.layers.is_none() {
                    return Err(invalid(
                        "an image manifest must have `config` and `layers`".to_owned(),
                    ));
                }
            }
            OCI_INDEX | DOCKER_LIST => {
                if manifest.manifests.is_none() {
                    return Err(invalid("an index must have `manifests`".to_owned()));
                }
            }
            other => return Err(invalid(format!("manifests of type {other} are not supported"))),
        }
        for descriptor in manifest.descriptors() {
            if Digest::parse(&descriptor.digest).is_none() {
                return Err(invalid(format!("`{}` is not a sha256 digest", descriptor.digest)));
            }
        }
        Ok((manifest, media_type))
    }

    /// The config and layers that the image must contain. Layers with URLs are stored elsewhere.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let layers = self.layers.iter().flatten().filter(|layer| layer.urls.is_empty());
        self.config.iter().chain(layers)
    }

    /// The manifests of an index.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flatten()
    }

    /// The artifact type that a referrers list shows for the manifest.
    pub(crate) fn referrer_type(&self) -> Option<&str> {
        let of_config = self.config.as_ref().map(|config| config.media_type.as_str());
        self.artifact_type.as_deref().or(of_config)
    }

    fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.blobs().chain(self.children()).chain(&self.subject)
    }
}

fn invalid(message: String) -> Error {
    Error::new(Code::ManifestInvalid, message)
}

/// The error for a manifest that refers to content that was not pushed.
pub(crate) fn missing(descriptor: &Descriptor) -> Error {
    let message = format!("the manifest refers to {}, which was not pushed", descriptor.digest);
    Error::new(Code::ManifestBlobUnknown, message).detail(json!({ "digest": descriptor.digest }))
}

/// The error for a manifest that states a wrong size.
pub(crate) fn wrong_size(descriptor: &Descriptor, size: u64) -> Error {
    let Descriptor { digest, size: stated, .. } = descriptor;
    invalid(format!("the manifest states {stated} bytes for {digest}, which has {size}"))
}
