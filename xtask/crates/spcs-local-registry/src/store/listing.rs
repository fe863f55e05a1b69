//! Listings of images, tags and manifests, and the deletion of unlinked blobs.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::time::SystemTime;

use fs_err as fs;
use spcs_local_files::Id;

use super::{Store, StoredManifest};
use crate::digest::Digest;
use crate::name::{Image, Reference};

/// One image of a repository, as SHOW IMAGES lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// Name within the repository; may contain slashes.
    pub name: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// `sha256:…` digest of the manifest.
    pub digest: String,
    /// When the manifest was first pushed.
    pub created: SystemTime,
}

impl Store {
    /// Every image of a repository, sorted by name, then by age.
    pub(crate) fn images(&self, repository: &Id) -> io::Result<Vec<ImageRow>> {
        let mut rows = Vec::new();
        for directory in entries(&self.repository_directory(repository))? {
            let name = directory.replace('+', "/");
            let Some(image) = Image::parse(repository, &name) else { continue };
            let mut tags: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
            for tag in self.tags(&image)?.unwrap_or_default() {
                if let Some(digest) = self.resolve(&image, &Reference::Tag(tag.clone()))? {
                    tags.entry(digest).or_default().push(tag);
                }
            }
            for digest in self.manifest_digests(&image)? {
                let Some(record) = self.record(&image, &digest)? else { continue };
                rows.push(ImageRow {
                    name: image.name.clone(),
                    tags: tags.remove(&digest).unwrap_or_default(),
                    digest: digest.to_string(),
                    created: record.pushed(),
                });
            }
        }
        rows.sort_by(|a, b| (&a.name, a.created, &a.digest).cmp(&(&b.name, b.created, &b.digest)));
        Ok(rows)
    }

    /// The image's tags in the specification's order, or `None` if the image does not exist.
    pub(crate) fn tags(&self, image: &Image) -> io::Result<Option<Vec<String>>> {
        let directory = self.image_directory(image);
        if !directory.join("manifests").is_dir() {
            return Ok(None);
        }
        let mut tags = entries(&directory.join("tags"))?;
        tags.sort_by_cached_key(|tag| (tag.to_ascii_lowercase(), tag.clone()));
        Ok(Some(tags))
    }

    /// All manifests of an image.
    pub(crate) fn manifests(&self, image: &Image) -> io::Result<Vec<StoredManifest>> {
        let mut found = Vec::new();
        for digest in self.manifest_digests(image)? {
            found.extend(self.manifest(image, &Reference::Digest(digest))?);
        }
        Ok(found)
    }

    fn manifest_digests(&self, image: &Image) -> io::Result<Vec<Digest>> {
        let names = entries(&self.image_directory(image).join("manifests"))?;
        Ok(names.iter().filter_map(|name| Digest::from_hex(name)).collect())
    }

    /// Deletes the blobs that no image links to.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let _exclusive = self.links.write().unwrap_or_else(PoisonError::into_inner);
        let mut linked = HashSet::new();
        collect_links(&self.root.join("repositories"), 0, &mut linked)?;
        let blobs = self.root.join("blobs");
        for blob in entries(&blobs)? {
            if !linked.contains(&blob) {
                fs::remove_file(blobs.join(blob))?;
            }
        }
        Ok(())
    }
}

/// Directory levels from `repositories` to an image's directory.
const IMAGE_DEPTH: usize = 2;

fn collect_links(path: &Path, depth: usize, linked: &mut HashSet<String>) -> io::Result<()> {
    if depth == IMAGE_DEPTH {
        linked.extend(entries(&path.join("blobs"))?);
        linked.extend(entries(&path.join("manifests"))?);
        return Ok(());
    }
    for name in entries(path)? {
        collect_links(&path.join(name), depth + 1, linked)?;
    }
    Ok(())
}

/// The names in a directory; empty if it does not exist.
pub(super) fn entries(path: &Path) -> io::Result<Vec<String>> {
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}
