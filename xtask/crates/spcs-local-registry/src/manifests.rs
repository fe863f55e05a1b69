//! Manifest requests: push and pull by tag or digest.

use std::io;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use fs_err as fs;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LOCATION, WARNING};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

use crate::blobs::header_value;
use crate::call::{CONTENT_DIGEST, Call};
use crate::digest::Digest;
use crate::error::{Code, Error};
use crate::manifest::{Manifest, Platform, SIZE_LIMIT, missing, wrong_size};
use crate::name::{Image, Reference};
use crate::store::Store;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const NOT_AMD64: &str =
    "299 - \"SPCS only runs linux/amd64 images; this image is for another platform\"";

pub(crate) async fn serve(call: &Call, reference: &str) -> Result<Response, Error> {
    let Some(parsed) = Reference::parse(reference) else {
        let code = if reference.contains(':') { Code::DigestInvalid } else { Code::TagInvalid };
        return Err(Error::new(
            code,
            format!("`{reference}` is neither a tag nor a sha256 digest"),
        ));
    };
    match call.method {
        Method::GET | Method::HEAD => pull(call, parsed).await,
        Method::PUT => push(call, parsed).await,
        _ => Err(call.not_allowed("GET, HEAD, PUT")),
    }
}

async fn pull(call: &Call, reference: Reference) -> Result<Response, Error> {
    let wanted = reference.clone();
    let found = call.on_disk(move |store, image| store.manifest(image, &wanted)).await?;
    let Some(manifest) = found else {
        let (key, text) = match reference {
            Reference::Tag(tag) => ("tag", tag),
            Reference::Digest(digest) => ("digest", digest.to_string()),
        };
        let message = format!("{} has no manifest {text}", call.name.full());
        return Err(Error::new(Code::ManifestUnknown, message).detail(json!({ key: text })));
    };
    let length = manifest.bytes.len();
    let body = if call.is_head() { Body::empty() } else { Body::from(manifest.bytes) };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, header_value(&manifest.media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CONTENT_DIGEST, header_value(&manifest.digest.to_string()));
    headers.insert(ETAG, header_value(&format!("\"{}\"", manifest.digest)));
    Ok(response)
}

async fn push(call: &Call, reference: Reference) -> Result<Response, Error> {
    let bytes = to_bytes(call.take_body(), SIZE_LIMIT).await.map_err(|error| {
        let message = format!("cannot read the manifest: {error} (limit {SIZE_LIMIT} bytes)");
        Error::new(Code::SizeInvalid, message).status(StatusCode::PAYLOAD_TOO_LARGE)
    })?;
    let (manifest, media_type) = Manifest::parse(&bytes, call.header(CONTENT_TYPE))?;
    let tag = match &reference {
        Reference::Tag(tag) => Some(tag.clone()),
        Reference::Digest(wanted) => {
            let found = Digest::of(&bytes);
            if found != *wanted {
                let message = format!("the manifest has the digest {found}, not {wanted}");
                return Err(Error::new(Code::DigestInvalid, message));
            }
            None
        }
    };
    let subject = manifest.subject.as_ref().map(|subject| subject.digest.clone());
    let (digest, runnable) = call
        .on_disk(move |store, image| {
            let guard = store.lock_links();
            let runnable = match check(store, image, &manifest)? {
                Ok(runnable) => runnable,
                Err(error) => return Ok(Err(error)),
            };
            let tag = tag.as_deref();
            let digest = store.put_manifest(&guard, image, tag, &media_type, &bytes)?;
            Ok(Ok((digest, runnable)))
        })
        .await??;
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, header_value(&call.url(&format!("manifests/{digest}"))));
    headers.insert(CONTENT_DIGEST, header_value(&digest.to_string()));
    if let Some(subject) = subject {
        headers.insert(SUBJECT, header_value(&subject));
    }
    if !runnable {
        headers.insert(WARNING, HeaderValue::from_static(NOT_AMD64));
    }
    Ok(response)
}

/// Checks that everything the manifest refers to exists. Returns whether SPCS can run the image.
fn check(store: &Store, image: &Image, manifest: &Manifest) -> io::Result<Result<bool, Error>> {
    for descriptor in manifest.blobs() {
        let digest = Digest::parse(&descriptor.digest);
        let found = digest.map(|digest| store.blob(image, &digest)).transpose()?.flatten();
        match found {
            None => return Ok(Err(missing(descriptor))),
            Some((_, size)) if size != descriptor.size => {
                return Ok(Err(wrong_size(descriptor, size)));
            }
            Some(_) => {}
        }
    }
    for descriptor in manifest.children() {
        let reference = Digest::parse(&descriptor.digest).map(Reference::Digest);
        let found = reference.map(|reference| store.resolve(image, &reference)).transpose()?;
        if found.flatten().is_none() {
            return Ok(Err(missing(descriptor)));
        }
    }
    is_runnable(store, image, manifest).map(Ok)
}

fn is_runnable(store: &Store, image: &Image, manifest: &Manifest) -> io::Result<bool> {
    if let Some(children) = &manifest.manifests {
        let supported = |platform: &Platform| platform.is_supported();
        return Ok(children.iter().any(|child| child.platform.as_ref().is_none_or(supported)));
    }
    let config = manifest.config.as_ref().filter(|config| config.size <= SIZE_LIMIT as u64);
    let digest = config.and_then(|config| Digest::parse(&config.digest));
    let Some((path, _)) = digest.map(|digest| store.blob(image, &digest)).transpose()?.flatten()
    else {
        return Ok(true);
    };
    // A config without a platform does not belong to an image, so no warning is needed.
    let platform: Option<Platform> = serde_json::from_slice(&fs::read(path)?).ok();
    Ok(platform.is_none_or(|platform| platform.is_supported()))
}
