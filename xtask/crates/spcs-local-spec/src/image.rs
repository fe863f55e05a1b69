//! Image names: `/db/schema/repository/image[:tag][@digest]`, with or without a registry host.

use crate::error::SpecError;
use crate::fields::Field;

/// The location of an image in the account's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePath {
    /// The name as written in the specification.
    pub written: String,
    /// The registry host, if given.
    pub host: Option<String>,
    /// `database/schema/repository` in lower case.
    pub repository: String,
    /// The image's name in its repository; may contain `/`.
    pub image: String,
    /// The tag or `sha256:…` digest; `latest` if neither is given.
    pub reference: String,
}

impl ImagePath {
    /// Parses an image name; `None` if its format is invalid.
    pub fn parse(written: &str) -> Option<ImagePath> {
        let (name, digest) = match written.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (written, None),
        };
        let (host, path) = match name.strip_prefix('/') {
            Some(path) => (None, path),
            None => {
                let (host, path) = name.split_once('/')?;
                let is_host = host.contains('.') || host.contains(':') || host == "localhost";
                is_host.then_some((Some(host.to_owned()), path))?
            }
        };
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (path, None),
        };
        let mut parts = path.splitn(4, '/');
        let (database, schema, repository, image) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let part_fits = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-$".contains(c))
        };
        let account = [database, schema, repository];
        let lower = image.chars().all(|c| !c.is_ascii_uppercase());
        let paths_fit = account.into_iter().chain(image.split('/')).all(part_fits) && lower;
        let tag_fits = tag.is_none_or(|tag| {
            !tag.is_empty()
                && tag.len() <= 128
                && !tag.starts_with(['.', '-'])
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        });
        let digest_fits = digest.is_none_or(|digest| {
            digest
                .strip_prefix("sha256:")
                .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()))
        });
        (paths_fit && tag_fits && digest_fits).then(|| ImagePath {
            written: written.to_owned(),
            host,
            repository: account.join("/").to_ascii_lowercase(),
            image: image.to_owned(),
            reference: digest.or(tag).unwrap_or("latest").to_owned(),
        })
    }
}

pub(crate) fn read(field: &Field) -> Result<ImagePath, SpecError> {
    let text = field.text()?;
    ImagePath::parse(&text).ok_or_else(|| {
        field.error(format!(
            "Provided image name uses an invalid format: '{text}' for {}; expected \
             /<database>/<schema>/<repository>/<image>[:<tag>]",
            field.path
        ))
    })
}
