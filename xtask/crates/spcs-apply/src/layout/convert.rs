//! Converts an engine's archive to a layout with one manifest: keeps the config and compresses the
//! layers.

use std::io;
use std::path::Path;

use serde::Deserialize;

use super::archive::Archive;
use super::layers::{Layers, write_whole};
use super::{CONFIG, Descriptor, Index, Layout, LayoutError, MANIFEST, Manifest};
use crate::digest;

#[derive(Deserialize)]
struct Config {
    architecture: String,
    os: String,
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// Converts a docker-archive to the layout `folder`. `store` contains the compressed layers of all
/// images (`layers`) and all layouts (`images`, including this one). The layout is replaced by
/// renames: after an interruption, either the old one or none exists.
pub(crate) fn from_docker_archive(
    archive: &Path,
    store: &Path,
    folder: &Path,
) -> Result<Layout, LayoutError> {
    let archive = Archive::open(archive)?;
    let config_bytes = archive.config()?;
    let config: Config = serde_json::from_slice(&config_bytes)
        .map_err(|error| LayoutError::Archive(format!("its config: {error}")))?;
    if (config.os.as_str(), config.architecture.as_str()) != ("linux", "amd64") {
        let found = format!("{}/{}", config.os, config.architecture);
        return Err(LayoutError::Platform { found });
    }
    let diff_ids = config.rootfs.diff_ids;
    if diff_ids.len() != archive.layer_count() {
        return Err(LayoutError::Archive(format!(
            "{} layers are there, {} are named",
            archive.layer_count(),
            diff_ids.len()
        )));
    }

    let layers = Layers::open(&store.join("layers"))?;
    let mut descriptors = Vec::with_capacity(diff_ids.len());
    for (index, diff_id) in diff_ids.iter().enumerate() {
        let layer = match layers.find(diff_id) {
            Some(known) => known,
            None => layers.add(diff_id, archive.layer(index)?.0)?,
        };
        descriptors.push(layer);
    }
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        config: describe(CONFIG, &config_bytes),
        layers: descriptors,
    };
    let layout = write(&layers, &manifest, &config_bytes, folder)?;
    layers.prune(&store.join("images"))?;
    Ok(layout)
}

fn describe(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: digest::of(bytes),
        size: bytes.len() as u64,
    }
}

fn write(
    layers: &Layers,
    manifest: &Manifest,
    config: &[u8],
    folder: &Path,
) -> Result<Layout, LayoutError> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(parent)?;
    remove_leftovers(parent)?;
    let fresh = tempfile::Builder::new().prefix(".layout-").tempdir_in(parent)?;
    let blobs = fresh.path().join("blobs/sha256");
    fs_err::create_dir_all(&blobs)?;
    for layer in &manifest.layers {
        layers.link(layer, &blobs.join(digest::hex_part(&layer.digest).unwrap_or_default()))?;
    }
    let manifest_bytes = serde_json::to_vec(manifest).map_err(io::Error::other)?;
    let entry = describe(MANIFEST, &manifest_bytes);
    for (blob, bytes) in [(&manifest.config, config), (&entry, &manifest_bytes)] {
        let hex = digest::hex_part(&blob.digest).unwrap_or_default();
        fs_err::write(blobs.join(hex), bytes)?;
    }
    let index = Index {
        schema_version: 2,
        media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        manifests: vec![entry],
    };
    let index = serde_json::to_vec_pretty(&index).map_err(io::Error::other)?;
    write_whole(&fresh.path().join("index.json"), &index)?;
    fs_err::write(fresh.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;

    let old = tempfile::Builder::new().prefix(".old-").tempdir_in(parent)?;
    if folder.exists() {
        fs_err::rename(folder, old.path().join("layout"))?;
    }
    fs_err::rename(fresh.keep(), folder)?;
    // Remove the old layout before pruning, which keeps the layers of every layout.
    old.close()?;
    Layout::open(folder)
}

/// Removes the temporary directories of killed processes. The caller holds the lock of the layers,
/// so no other process is using them.
fn remove_leftovers(parent: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".layout-") || name.starts_with(".old-") {
            fs_err::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
