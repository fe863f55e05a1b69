//! The archive that `podman save` and `docker save` write: a tar with `manifest.json`, the config
//! and the layers. It is not unpacked: layers are read in place.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::LayoutError;

/// An open archive with one image.
pub(super) struct Archive {
    file: PathBuf,
    entries: BTreeMap<PathBuf, Entry>,
    image: Image,
}

#[derive(Clone)]
enum Entry {
    File {
        offset: u64,
        size: u64,
    },
    /// Older engines store a repeated layer as a link to its first occurrence.
    Link(PathBuf),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    config: PathBuf,
    layers: Vec<PathBuf>,
}

impl Archive {
    pub(super) fn open(file: &Path) -> Result<Archive, LayoutError> {
        let mut entries = BTreeMap::new();
        let mut tar = tar::Archive::new(fs_err::File::open(file)?);
        for entry in tar.entries_with_seek()? {
            let entry = entry?;
            let path = normalized(&entry.path()?);
            let kind = entry.header().entry_type();
            if kind.is_file() {
                let (offset, size) = (entry.raw_file_position(), entry.size());
                entries.insert(path, Entry::File { offset, size });
            } else if let Some(target) = entry.link_name()? {
                let target = match (kind.is_symlink(), path.parent()) {
                    (true, Some(folder)) => normalized(&folder.join(target)),
                    _ => normalized(&target),
                };
                entries.insert(path, Entry::Link(target));
            }
        }
        let mut archive = Archive {
            file: file.to_owned(),
            entries,
            image: Image { config: PathBuf::new(), layers: Vec::new() },
        };
        let text = archive.bytes(Path::new("manifest.json"))?;
        let mut images: Vec<Image> = serde_json::from_slice(&text)
            .map_err(|error| LayoutError::Archive(format!("manifest.json: {error}")))?;
        match (images.pop(), images.is_empty()) {
            (Some(image), true) => archive.image = image,
            _ => return Err(LayoutError::Archive("it does not hold one image".to_owned())),
        }
        Ok(archive)
    }

    /// The exact bytes of the image's config.
    pub(super) fn config(&self) -> Result<Vec<u8>, LayoutError> {
        self.bytes(&self.image.config)
    }

    pub(super) fn layer_count(&self) -> usize {
        self.image.layers.len()
    }

    /// A reader of a layer, and the layer's size.
    pub(super) fn layer(&self, index: usize) -> Result<(io::Take<fs_err::File>, u64), LayoutError> {
        self.open_entry(&self.image.layers[index])
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, LayoutError> {
        let mut bytes = Vec::new();
        self.open_entry(path)?.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open_entry(&self, path: &Path) -> Result<(io::Take<fs_err::File>, u64), LayoutError> {
        let missing = || LayoutError::Archive(format!("{} is not in it", path.display()));
        let mut entry = self.entries.get(&normalized(path)).ok_or_else(missing)?;
        // Follow one link only: a broken archive could contain a cycle of links.
        if let Entry::Link(target) = entry {
            entry = self.entries.get(target).ok_or_else(missing)?;
        }
        let Entry::File { offset, size } = *entry else { return Err(missing()) };
        let mut file = fs_err::File::open(&self.file)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok((file.take(size), size))
    }
}

/// Resolves `.` and `..` in a path.
fn normalized(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                path.pop();
            }
            _ => {}
        }
        path
    })
}
