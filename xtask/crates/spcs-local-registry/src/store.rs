//! The registry on disk: one pool of blobs, and links from each image to its content.
//!
//! ```text
//! blobs/<hex>                                   content of blobs and manifests
//! repositories/<id>/<image>/
//!     blobs/<hex>                               empty: the image has this blob
//!     manifests/<hex>                           media type and time of the first push
//!     tags/<tag>                                digest of the tagged manifest
//! temporary/                                    uploads, temporary files, detached repositories
//! ```
//!
//! A blob enters the pool before its first link is created, and is deleted only when `sweep` finds
//! no link to it. One lock keeps the creation of links and the sweep apart.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::digest::Digest;
use crate::name::{Image, Reference};
use spcs_local_files::{Id, durable};

mod listing;

pub use listing::ImageRow;

pub(crate) struct Store {
    root: PathBuf,
    links: RwLock<()>,
}

/// Metadata of a stored manifest.
#[derive(Debug, Serialize, Deserialize)]
struct ManifestRecord {
    media_type: String,
    pushed_ms: u64,
}

/// While this guard is held, no repository is detached and no blob is deleted.
pub(crate) struct LinkGuard<'a> {
    _shared: RwLockReadGuard<'a, ()>,
}

#[derive(Debug)]
pub(crate) struct StoredManifest {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Store {
    pub(crate) fn open(root: &Path) -> io::Result<Store> {
        let store = Store { root: root.to_owned(), links: RwLock::new(()) };
        match fs::remove_dir_all(store.temporary()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for directory in [store.temporary(), root.join("blobs"), root.join("repositories")] {
            durable::create_directory(&directory)?;
        }
        store.sweep()?;
        Ok(store)
    }

    /// A directory on the store's own file system that `open` empties.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("temporary")
    }

    /// Blocks deletions, so that content that was found still exists when it is linked.
    pub(crate) fn lock_links(&self) -> LinkGuard<'_> {
        LinkGuard { _shared: self.links.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The blob's path and size, if the image has it.
    pub(crate) fn blob(
        &self,
        image: &Image,
        digest: &Digest,
    ) -> io::Result<Option<(PathBuf, u64)>> {
        if !self.link(image, "blobs", digest.hex()).exists() {
            return Ok(None);
        }
        let path = self.content(digest);
        let size = fs::metadata(&path)?.len();
        Ok(Some((path, size)))
    }

    /// Moves a complete, synced file into the pool and links the image to it.
    pub(crate) fn add_blob(&self, image: &Image, digest: &Digest, file: &Path) -> io::Result<()> {
        let _guard = self.lock_links();
        self.move_to_pool(digest, file)?;
        self.write(&self.link(image, "blobs", digest.hex()), b"")
    }

    /// Links an image to a blob of another image. Returns whether that image has the blob.
    pub(crate) fn mount(&self, from: &Image, to: &Image, digest: &Digest) -> io::Result<bool> {
        let _guard = self.lock_links();
        let found = self.blob(from, digest)?.is_some();
        if found {
            self.write(&self.link(to, "blobs", digest.hex()), b"")?;
        }
        Ok(found)
    }

    /// Stores a validated manifest, and points the tag to it.
    pub(crate) fn put_manifest(
        &self,
        _guard: &LinkGuard<'_>,
        image: &Image,
        tag: Option<&str>,
        media_type: &str,
        bytes: &[u8],
    ) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        if !self.content(&digest).exists() {
            self.write(&self.content(&digest), bytes)?;
        }
        let link = self.link(image, "manifests", digest.hex());
        let known = self.record(image, &digest)?;
        if known.as_ref().is_none_or(|known| known.media_type != media_type) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            let pushed_ms = known.map_or(now, |known| known.pushed_ms);
            let record = ManifestRecord { media_type: media_type.to_owned(), pushed_ms };
            self.write(&link, &serde_json::to_vec(&record)?)?;
        }
        if let Some(tag) = tag {
            self.write(&self.link(image, "tags", tag), digest.to_string().as_bytes())?;
        }
        Ok(digest)
    }

    /// The digest that a reference resolves to, if the image has that manifest.
    pub(crate) fn resolve(
        &self,
        image: &Image,
        reference: &Reference,
    ) -> io::Result<Option<Digest>> {
        let digest = match reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(tag) => read(&self.link(image, "tags", tag))?
                .and_then(|text| Digest::parse(&String::from_utf8_lossy(&text))),
        };
        Ok(digest.filter(|digest| self.link(image, "manifests", digest.hex()).exists()))
    }

    /// The manifest that a reference resolves to.
    pub(crate) fn manifest(
        &self,
        image: &Image,
        reference: &Reference,
    ) -> io::Result<Option<StoredManifest>> {
        let Some(digest) = self.resolve(image, reference)? else { return Ok(None) };
        let Some(record) = self.record(image, &digest)? else { return Ok(None) };
        let bytes = fs::read(self.content(&digest))?;
        Ok(Some(StoredManifest { digest, media_type: record.media_type, bytes }))
    }

    /// Deletes a repository, then every blob that no other image has.
    pub(crate) fn remove_repository(&self, repository: &Id) -> io::Result<()> {
        let detached = self.temporary().join(Uuid::new_v4().to_string());
        {
            let _exclusive = self.links.write().unwrap_or_else(PoisonError::into_inner);
            match durable::rename(&self.repository_directory(repository), &detached) {
                // Nothing was ever pushed to it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                renamed => renamed?,
            }
        }
        fs::remove_dir_all(detached)?;
        self.sweep()
    }

    /// The ids of stored repositories, except these.
    pub(crate) fn others(&self, keep: &HashSet<Id>) -> io::Result<Vec<Id>> {
        let names = listing::entries(&self.root.join("repositories"))?;
        let ids = names.iter().filter_map(|name| Id::parse(name));
        Ok(ids.filter(|id| !keep.contains(id)).collect())
    }

    /// Moves a file into the pool, or deletes it if the pool already has its content.
    fn move_to_pool(&self, digest: &Digest, file: &Path) -> io::Result<()> {
        let content = self.content(digest);
        if content.exists() { fs::remove_file(file) } else { durable::rename(file, &content) }
    }

    fn record(&self, image: &Image, digest: &Digest) -> io::Result<Option<ManifestRecord>> {
        let Some(bytes) = read(&self.link(image, "manifests", digest.hex()))? else {
            return Ok(None);
        };
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        durable::write(&self.temporary(), path, bytes)
    }

    fn content(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.hex())
    }

    fn link(&self, image: &Image, kind: &str, leaf: &str) -> PathBuf {
        self.image_directory(image).join(kind).join(leaf)
    }

    fn image_directory(&self, image: &Image) -> PathBuf {
        // An image name may contain slashes but no `+`.
        self.repository_directory(&image.repository).join(image.name.replace('/', "+"))
    }

    fn repository_directory(&self, repository: &Id) -> PathBuf {
        self.root.join("repositories").join(repository.as_str())
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl ManifestRecord {
    fn pushed(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.pushed_ms)
    }
}
