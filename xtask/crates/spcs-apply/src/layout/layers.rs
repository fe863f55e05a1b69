//! Compressed layers, stored by digest: a layer is compressed once, even if several images contain
//! it. Layouts contain hard links to these files, or copies on file systems without hard links. A
//! layer that no layout contains is removed.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::{Descriptor, LAYER, LayoutError, gzip};
use crate::digest::{self, Hashing};

pub(super) struct Layers {
    folder: PathBuf,
    /// Prevents other processes from adding, linking or pruning layers at the same time.
    _lock: fs_err::File,
}

/// The record of a compressed layer, stored by diff_id.
#[derive(Serialize, Deserialize)]
struct Record {
    digest: String,
    size: u64,
}

impl Layers {
    pub(super) fn open(folder: &Path) -> io::Result<Layers> {
        fs_err::create_dir_all(folder)?;
        let lock = fs_err::File::create(folder.join("lock"))?;
        lock.lock()?;
        Ok(Layers { folder: folder.to_owned(), _lock: lock })
    }

    /// The compressed layer of a diff_id, if it is stored with its full length.
    pub(super) fn find(&self, diff_id: &str) -> Option<Descriptor> {
        let record = fs_err::read(self.record_path(diff_id)?).ok()?;
        let Record { digest, size } = serde_json::from_slice(&record).ok()?;
        let length = self.blob(&digest)?.metadata().ok()?.len();
        (length == size).then(|| Descriptor { media_type: LAYER.to_owned(), digest, size })
    }

    /// Compresses and stores a layer of the archive, and checks its diff_id.
    pub(super) fn add(
        &self,
        diff_id: &str,
        mut source: io::Take<fs_err::File>,
    ) -> Result<Descriptor, LayoutError> {
        let unusable = |problem: &str| LayoutError::Archive(format!("layer {diff_id} {problem}"));
        let record_path =
            self.record_path(diff_id).ok_or_else(|| unusable("has no usable name"))?;
        let mut start = [0; 4];
        let read = source.by_ref().take(4).read(&mut start)?;
        source.get_mut().seek(SeekFrom::Current(-(read as i64)))?;
        source.set_limit(source.limit() + read as u64);

        let fresh = tempfile::NamedTempFile::new_in(&self.folder)?;
        let mut target = Hashing::new(io::BufWriter::with_capacity(1 << 20, fresh));
        let found = match start {
            [0x1f, 0x8b, ..] => {
                // Some engines save compressed layers. Keep these unchanged.
                io::copy(&mut source, &mut target)?;
                None
            }
            [0x28, 0xb5, 0x2f, 0xfd] => return Err(unusable("is compressed with zstd")),
            _ => Some(gzip::compress(source, &mut target)?),
        };
        let (writer, digest, size) = target.finish();
        let fresh = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        let found = match found {
            Some(found) => found,
            None => digest::of_reader(MultiGzDecoder::new(fresh.reopen()?))?,
        };
        if found != diff_id {
            return Err(unusable(&format!("holds {found}")));
        }
        let blob = self.blob(&digest).ok_or_else(|| unusable("has no usable digest"))?;
        fresh.persist(blob).map_err(|error| error.error)?;
        let record = serde_json::to_vec(&Record { digest: digest.clone(), size })
            .map_err(io::Error::other)?;
        write_whole(&record_path, &record)?;
        Ok(Descriptor { media_type: LAYER.to_owned(), digest, size })
    }

    /// Links a layer into a layout.
    pub(super) fn link(&self, layer: &Descriptor, target: &Path) -> io::Result<()> {
        let source = self
            .blob(&layer.digest)
            .ok_or_else(|| io::Error::other(format!("{:?} is no digest", layer.digest)))?;
        // The same layer may occur twice in an image.
        if target.exists() {
            return Ok(());
        }
        // Copy the file if the file system has no hard links.
        fs_err::hard_link(&source, target).or_else(|_| fs_err::copy(&source, target).map(drop))
    }

    /// Removes layers that no layout below `images` contains.
    pub(super) fn prune(&self, images: &Path) -> io::Result<()> {
        let held = WalkDir::new(images).into_iter().map(|entry| Ok(entry?.file_name().to_owned()));
        let held: BTreeSet<_> = held.collect::<io::Result<_>>()?;
        for entry in fs_err::read_dir(&self.folder)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default();
            let name = file.to_string_lossy();
            let blob = digest::hex_part(&format!("sha256:{name}")).is_some();
            // This process holds the lock, so a temporary file is a leftover of a killed process.
            if (blob && !held.contains(file)) || name.starts_with(".tmp") {
                fs_err::remove_file(&path)?;
            }
        }
        for entry in fs_err::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(diff_id) = path.file_stem().filter(|_| path.extension().is_some()) else {
                continue;
            };
            if self.find(&format!("sha256:{}", diff_id.to_string_lossy())).is_none() {
                fs_err::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn blob(&self, digest: &str) -> Option<PathBuf> {
        Some(self.folder.join(digest::hex_part(digest)?))
    }

    fn record_path(&self, diff_id: &str) -> Option<PathBuf> {
        Some(self.folder.join(format!("{}.json", digest::hex_part(diff_id)?)))
    }
}

/// Writes a file atomically.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(bytes)?;
    fresh.persist(path).map_err(|error| error.error)?;
    Ok(())
}
