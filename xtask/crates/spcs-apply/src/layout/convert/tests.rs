//! Converting archives in the form that engines write.

use fs_err as fs;
use std::path::{Path, PathBuf};

use super::*;

struct Work(tempfile::TempDir);

impl Work {
    fn new() -> Work {
        Work(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn image(&self, name: &str) -> PathBuf {
        self.path("images").join(name)
    }

    /// An archive whose layers contain the given bytes. A repeated layer becomes a link.
    fn archive(&self, layers: &[&[u8]], architecture: &str) -> PathBuf {
        let diff_ids: Vec<_> = layers.iter().map(|bytes| digest::of(bytes)).collect();
        self.archive_of(layers, &diff_ids, architecture)
    }

    fn archive_of(&self, layers: &[&[u8]], diff_ids: &[String], architecture: &str) -> PathBuf {
        let path = self.path("image.tar");
        let mut tar = tar::Builder::new(fs::File::create(&path).unwrap());
        let mut add = |name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, bytes).unwrap();
        };
        let config = serde_json::json!({
            "architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let mut names = Vec::new();
        for (index, bytes) in layers.iter().enumerate() {
            names.push(format!("{index}/layer.tar"));
            if layers[..index].contains(bytes) {
                continue;
            }
            add(&names[index], bytes);
        }
        add("config.json", config.to_string().as_bytes());
        let manifest =
            serde_json::json!([{"Config": "config.json", "RepoTags": null, "Layers": names}]);
        add("manifest.json", manifest.to_string().as_bytes());
        for (index, bytes) in layers.iter().enumerate() {
            if let Some(first) = layers[..index].iter().position(|other| other == bytes) {
                let mut header = tar::Header::new_gnu();
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                let target = format!("../{first}/layer.tar");
                tar.append_link(&mut header, &names[index], target).unwrap();
            }
        }
        tar.finish().unwrap();
        path
    }

    fn convert(&self, layers: &[&[u8]], name: &str) -> Layout {
        let archive = self.archive(layers, "amd64");
        from_docker_archive(&archive, self.0.path(), &self.image(name)).unwrap()
    }

    fn kept_layers(&self) -> usize {
        let files = fs::read_dir(self.path("layers")).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some()).count()
    }
}

fn inode(path: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap())
}

#[test]
fn the_same_archive_gives_the_same_digest_with_and_without_the_layer_cache() {
    let work = Work::new();
    let first = work.convert(&[b"base", b"top", b"base"], "image");
    let again = work.convert(&[b"base", b"top", b"base"], "image");
    assert_eq!(first.digest, again.digest);
    assert_eq!(first.manifest.layers.len(), 3);
    assert_eq!(first.blobs().len(), 3, "two layers and the config, each once");
    fs::remove_dir_all(work.path("layers")).unwrap();
    assert_eq!(work.convert(&[b"base", b"top", b"base"], "image").digest, first.digest);
}

#[test]
fn only_a_changed_layer_is_added_and_the_replaced_one_is_removed() {
    let work = Work::new();
    let first = work.convert(&[b"base", b"top"], "image");
    let base = inode(&first.blob_path(&first.manifest.layers[0]));
    let second = work.convert(&[b"base", b"other"], "image");
    assert_eq!(inode(&second.blob_path(&second.manifest.layers[0])), base);
    assert_ne!(second.digest, first.digest);
    assert_eq!(work.kept_layers(), 2);
}

#[test]
fn layers_of_another_image_are_shared_and_kept() {
    let work = Work::new();
    let one = work.convert(&[b"base", b"one"], "one");
    let two = work.convert(&[b"base", b"two"], "two");
    assert_eq!(
        inode(&one.blob_path(&one.manifest.layers[0])),
        inode(&two.blob_path(&two.manifest.layers[0])),
    );
    assert_eq!(work.kept_layers(), 3);
    Layout::open(&work.image("one")).unwrap();
}

#[test]
fn a_layer_copied_into_a_layout_is_kept_like_a_linked_one() {
    let work = Work::new();
    let one = work.convert(&[b"base"], "one");
    let base = &one.manifest.layers[0];
    // Simulates a file system without hard links.
    let (kept, copy) = (one.blob_path(base), work.path("copy"));
    fs::copy(&kept, &copy).unwrap();
    fs::rename(copy, kept).unwrap();
    work.convert(&[b"other"], "two");
    assert_eq!(work.kept_layers(), 2);
}

#[test]
fn an_image_for_another_platform_is_refused() {
    let work = Work::new();
    let archive = work.archive(&[b"base"], "arm64");
    let error = from_docker_archive(&archive, work.0.path(), &work.image("image"));
    assert_eq!(
        error.unwrap_err().to_string(),
        "the image is for linux/arm64, but services run on linux/amd64 only"
    );
    assert!(!work.image("image").exists());
}

#[test]
fn a_truncated_blob_is_detected() {
    let work = Work::new();
    let layout = work.convert(&[b"base"], "image");
    fs::write(layout.blob_path(&layout.manifest.layers[0]), "b").unwrap();
    let error = Layout::open(&work.image("image")).unwrap_err().to_string();
    assert!(error.contains("is not complete"), "{error}");
    // The layer cache shares the file, so it must not reuse it either.
    work.convert(&[b"base"], "image");
}

#[test]
fn a_layer_that_the_engine_saved_compressed_is_kept_unchanged() {
    let work = Work::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, b"base").unwrap();
    let gzip = gzip.finish().unwrap();
    let archive = work.archive_of(&[&gzip], &[digest::of(b"base")], "amd64");
    let layout = from_docker_archive(&archive, work.0.path(), &work.image("image")).unwrap();
    assert_eq!(layout.manifest.layers[0].digest, digest::of(&gzip));
}

#[test]
fn a_layer_whose_digest_differs_from_the_config_is_refused() {
    let work = Work::new();
    let archive = work.archive_of(&[b"forged"], &[digest::of(b"base")], "amd64");
    let error = from_docker_archive(&archive, work.0.path(), &work.image("image"));
    assert!(error.unwrap_err().to_string().contains(&digest::of(b"forged")));
    assert!(!work.image("image").exists());
}
