//! Names: `database/schema/repository/image`, tags, and the paths of the distribution API.

use percent_encoding::percent_decode_str;
use spcs_local_files::Id;

use crate::digest::Digest;

/// The `<name>` of the distribution API: the name of a repository and of an image in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageName {
    /// `database/schema/repository`.
    pub(crate) repository: String,
    pub(crate) image: String,
}

impl ImageName {
    /// Parses the `<name>` of a request. As in all of OCI, upper case is invalid.
    pub(crate) fn parse(text: &str) -> Option<ImageName> {
        let mut ends = text.match_indices('/').map(|(at, _)| at);
        let end = ends.nth(2)?;
        let (repository, image) = (&text[..end], &text[end + 1..]);
        let valid = repository.split('/').all(is_component) && is_image(image);
        let (repository, image) = (repository.to_owned(), image.to_owned());
        valid.then_some(ImageName { repository, image })
    }

    /// `database/schema/repository/image`.
    pub(crate) fn full(&self) -> String {
        format!("{}/{}", self.repository, self.image)
    }

    /// The image in the repository that has the name now.
    pub(crate) fn in_repository(&self, id: Id) -> Image {
        Image { repository: id, name: self.image.clone() }
    }
}

/// An image in the store, where repositories have ids: their names may be given to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) repository: Id,
    /// The name within the repository. It is a valid one.
    pub(crate) name: String,
}

impl Image {
    /// `None` if the name is not valid.
    pub(crate) fn parse(repository: &Id, name: &str) -> Option<Image> {
        let (repository, name) = (repository.clone(), name.to_owned());
        is_image(&name).then_some(Image { repository, name })
    }
}

fn is_image(name: &str) -> bool {
    name.len() <= 255 && name.split('/').all(is_component)
}

/// Whether `part` is a valid path component. Beyond the OCI rules, Snowflake identifiers allow `_`
/// at either end and `$`.
fn is_component(part: &str) -> bool {
    let allowed = |b: u8| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-' | b'$')
    };
    !part.is_empty() && !part.starts_with(['.', '-']) && part.bytes().all(allowed)
}

/// A reference to a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Tag(String),
    Digest(Digest),
}

impl Reference {
    pub(crate) fn parse(text: &str) -> Option<Reference> {
        if text.contains(':') {
            return Digest::parse(text).map(Reference::Digest);
        }
        let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let valid = (1..=128).contains(&text.len())
            && !text.starts_with(['.', '-'])
            && text.bytes().all(rest);
        valid.then(|| Reference::Tag(text.to_owned()))
    }
}

/// The resource that an API path names. The strings are not validated yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    Uploads,
    Upload(String),
    Blob(String),
    Manifest(String),
    Tags,
    Referrers(String),
}

/// Splits `/v2/<name>/<resource>` into name and resource.
pub(crate) fn split(path: &str) -> Option<(String, Resource)> {
    let path = percent_decode_str(path.strip_prefix("/v2/")?).decode_utf8().ok()?;
    let parts: Vec<&str> = path.split('/').collect();
    let (name, resource) = match parts.as_slice() {
        [name @ .., "tags", "list"] => (name, Resource::Tags),
        [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
            (name, Resource::Uploads)
        }
        [name @ .., "blobs", "uploads", id] => (name, Resource::Upload((*id).to_owned())),
        [name @ .., "blobs", digest] => (name, Resource::Blob((*digest).to_owned())),
        [name @ .., "manifests", reference] => (name, Resource::Manifest((*reference).to_owned())),
        [name @ .., "referrers", digest] => (name, Resource::Referrers((*digest).to_owned())),
        _ => return None,
    };
    Some((name.join("/"), resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_three_part_repository_path_and_an_image() {
        let name = ImageName::parse("milvus_demo/public/milvus_repo/base/python").unwrap();
        assert_eq!(name.repository, "milvus_demo/public/milvus_repo");
        assert_eq!(name.image, "base/python");
        for bad in ["db/public/repo", "DB/public/repo/i", "db//repo/i", "db/../repo/i", "a/b/c/."] {
            assert_eq!(ImageName::parse(bad), None, "{bad}");
        }
        assert!(ImageName::parse("db/public/repo$1/_image").is_some());
    }

    #[test]
    fn paths_are_split_from_the_right_so_that_names_may_contain_reserved_words() {
        let (name, resource) = split("/v2/db/s/r/blobs/blobs/uploads/").unwrap();
        assert_eq!((name.as_str(), resource), ("db/s/r/blobs", Resource::Uploads));
        let (name, resource) = split("/v2/db/s/r%24/i/manifests/latest").unwrap();
        assert_eq!(
            (name.as_str(), resource),
            ("db/s/r$/i", Resource::Manifest("latest".to_owned()))
        );
        assert_eq!(split("/v2/_catalog"), None);
    }
}
