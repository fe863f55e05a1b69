//! An image as an OCI image layout on disk: one manifest for linux/amd64, with gzip layers.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest;

mod archive;
mod convert;
mod gzip;
mod layers;

pub(crate) use convert::from_docker_archive;
pub(crate) use layers::write_whole;

/// The media type of an image manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The OCI content descriptor of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// An image manifest. The order of its fields determines its bytes and so its digest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u8,
    pub(crate) media_type: String,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: String,
    manifests: Vec<Descriptor>,
}

/// Why a layout could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The archive from the engine is not usable.
    #[error("the saved image is not usable: {0}")]
    Archive(String),
    /// The image is for another platform.
    #[error("the image is for {found}, but services run on linux/amd64 only")]
    Platform { found: String },
    /// The layout on disk is damaged.
    #[error("the image layout {path} is not usable: {problem}")]
    Damaged { path: PathBuf, problem: String },
}

/// A complete layout, opened.
#[derive(Debug)]
pub(crate) struct Layout {
    folder: PathBuf,
    pub(crate) digest: String,
    pub(crate) manifest_bytes: Vec<u8>,
    pub(crate) manifest: Manifest,
}

impl Layout {
    /// Opens a layout and checks that every blob exists with its full length.
    pub(crate) fn open(folder: &Path) -> Result<Layout, LayoutError> {
        let damaged = |problem: String| LayoutError::Damaged { path: folder.to_owned(), problem };
        let read = |path: PathBuf| fs_err::read(&path).map_err(|error| damaged(error.to_string()));
        let index: Index = serde_json::from_slice(&read(folder.join("index.json"))?)
            .map_err(|error| damaged(format!("index.json: {error}")))?;
        let [entry] = index.manifests.as_slice() else {
            return Err(damaged(format!("it holds {} images", index.manifests.len())));
        };
        let path = |digest: &str| {
            let hex = digest::hex_part(digest).ok_or_else(|| damaged(format!("{digest:?}")))?;
            Ok::<_, LayoutError>(folder.join("blobs/sha256").join(hex))
        };
        let manifest_bytes = read(path(&entry.digest)?)?;
        if digest::of(&manifest_bytes) != entry.digest {
            return Err(damaged("the manifest's bytes are not those of its digest".to_owned()));
        }
        let manifest: Manifest = serde_json::from_slice(&manifest_bytes)
            .map_err(|error| damaged(format!("manifest: {error}")))?;
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            let length = path(&blob.digest)?.metadata().map(|meta| meta.len()).ok();
            if length != Some(blob.size) {
                return Err(damaged(format!("blob {} is not complete", blob.digest)));
            }
        }
        let digest = entry.digest.clone();
        Ok(Layout { folder: folder.to_owned(), digest, manifest_bytes, manifest })
    }

    /// The distinct blobs, largest first: the largest determines how long a push takes, so it has
    /// to start first.
    pub(crate) fn blobs(&self) -> Vec<Descriptor> {
        let mut blobs: Vec<_> =
            self.manifest.layers.iter().chain([&self.manifest.config]).cloned().collect();
        blobs.sort_by(|one, other| {
            other.size.cmp(&one.size).then_with(|| one.digest.cmp(&other.digest))
        });
        blobs.dedup_by(|one, other| one.digest == other.digest);
        blobs
    }

    pub(crate) fn blob_path(&self, blob: &Descriptor) -> PathBuf {
        let hex = digest::hex_part(&blob.digest).unwrap_or("unchecked");
        self.folder.join("blobs/sha256").join(hex)
    }
}
