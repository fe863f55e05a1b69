//! What a manifest must be before it is taken: valid JSON of a known type that names only what is
//! there.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::digest::Digest;
use crate::error::{Code, Error};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Manifests are small; the specification asks registries to take at least 4 MiB.
pub(crate) const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// A manifest or an index, as far as the registry looks into it.
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
    pub(crate) annotations: Option<Map<String, Value>>,
}

/// A reference to content.
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

/// What an image runs on: in the descriptors of an index, and at the top of an image's config.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) os: String,
    pub(crate) architecture: String,
}

impl Platform {
    /// The one platform whose images SPCS runs.
    pub(crate) fn is_supported(&self) -> bool {
        self.os == "linux" && self.architecture == "amd64"
    }
}

impl Manifest {
    /// Reads and checks a manifest; gives it back with the media type that counts.
    pub(crate) fn parse(
        bytes: &[u8],
        content_type: Option<&str>,
    ) -> Result<(Manifest, String), Error> {
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|error| invalid(format!("the manifest cannot be read: {error}")))?;
        let sent = content_type.map(|text| text.split(';').next().unwrap_or(text).trim());
        let media_type = match (sent, manifest.media_type.as_deref()) {
            (Some(sent), Some(inside)) if sent != inside => {
                return Err(invalid(format!("sent as {sent}, but the manifest says {inside}")));
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
                    return Err(invalid("an image manifest has a config and layers".to_owned()));
                }
            }
            OCI_INDEX | DOCKER_LIST => {
                if manifest.manifests.is_none() {
                    return Err(invalid("an index has manifests".to_owned()));
                }
            }
            other => return Err(invalid(format!("manifests of type {other} are not accepted"))),
        }
        for descriptor in manifest.descriptors() {
            if Digest::parse(&descriptor.digest).is_none() {
                return Err(invalid(format!("`{}` is not a sha256 digest", descriptor.digest)));
            }
        }
        Ok((manifest, media_type))
    }

    /// Config and layers that must be in the image's blobs. Layers with URLs live elsewhere.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let layers = self.layers.iter().flatten().filter(|layer| layer.urls.is_empty());
        self.config.iter().chain(layers)
    }

    /// The manifests of an index.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flatten()
    }

    /// What a list of referrers says of the manifest.
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

/// The refusal of a manifest that names what is not there.
pub(crate) fn missing(descriptor: &Descriptor) -> Error {
    let message = format!("the manifest names {}, which was not pushed", descriptor.digest);
    Error::new(Code::ManifestBlobUnknown, message).detail(json!({ "digest": descriptor.digest }))
}

/// The refusal of a manifest that is wrong about a size.
pub(crate) fn wrong_size(descriptor: &Descriptor, size: u64) -> Error {
    let Descriptor { digest, size: said, .. } = descriptor;
    invalid(format!("the manifest says that {digest} has {said} bytes; it has {size}"))
}
