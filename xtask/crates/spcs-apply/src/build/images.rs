//! The images that the builds of a checkout have in the engine. An image's tag names its checkout.

use std::path::Path;

use crate::child;
use crate::digest;
use crate::engine::Engine;

/// The start of the names of built images.
pub(super) const PREFIX: &str = "localhost/spcs-build/";

/// The start of the names of base images that were made from packages. Every checkout uses them.
const BASE: &str = "localhost/spcs-base:";

/// An image of this project in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    pub name: String,
    /// As the engine prints it.
    pub size: String,
    /// Whether other checkouts use the image too.
    pub shared: bool,
}

/// The tag of the images of a checkout.
pub(super) fn checkout(work_dir: &Path) -> String {
    digest::of(work_dir.as_os_str().as_encoded_bytes())["sha256:".len()..][..12].to_owned()
}

/// The images of the checkout with this work directory, and the ones that it shares with others.
/// The error is what the engine said.
pub fn stored(engine: &Engine, work_dir: &Path) -> Result<Vec<StoredImage>, String> {
    let format = "{{.Repository}}:{{.Tag}}\t{{.Size}}";
    let text = answer(engine, &["images", "--format", format])?;
    Ok(of_checkout(&text, &checkout(work_dir)))
}

/// Removes an image, with the layers that no other image has. An image with another name keeps that
/// name and its layers. The error is what the engine said.
pub fn remove(engine: &Engine, image: &StoredImage) -> Result<(), String> {
    answer(engine, &["image", "rm", &image.name]).map(drop)
}

fn of_checkout(text: &str, checkout: &str) -> Vec<StoredImage> {
    let images = text.lines().filter_map(|line| line.split_once('\t'));
    let images = images.filter_map(|(name, size)| {
        let own = name.starts_with(PREFIX) && name.ends_with(&format!(":{checkout}"));
        let shared = name.starts_with(BASE);
        let (name, size) = (name.to_owned(), size.trim().to_owned());
        (own || shared).then_some(StoredImage { name, size, shared })
    });
    let mut images: Vec<_> = images.collect();
    images.sort_by(|one, other| one.name.cmp(&other.name));
    images
}

fn answer(engine: &Engine, args: &[&str]) -> Result<String, String> {
    let output = child::output(&engine.command(args)).map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_other_checkouts_and_of_others_are_not_listed() {
        let text = "localhost/spcs-build/local/milvus:one\t695MB\n\
                    localhost/spcs-build/local/milvus:two\t1MB\n\
                    localhost/spcs-base:5e\t120 MB\n<none>:<none>\t9 MB\n\
                    docker.io/library/debian:one\t3 MB\n";
        let image = |name: &str, size: &str, shared| StoredImage {
            name: name.to_owned(),
            size: size.to_owned(),
            shared,
        };
        assert_eq!(
            of_checkout(text, "one"),
            [
                image("localhost/spcs-base:5e", "120 MB", true),
                image("localhost/spcs-build/local/milvus:one", "695MB", false),
            ]
        );
    }
}
