//! List requests: the tags of an image, and the referrers of a manifest.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderName, LINK};
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use crate::blobs::{header_value, parse_digest};
use crate::call::Call;
use crate::error::{Code, Error};
use crate::manifest::{Manifest, OCI_INDEX};

const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

/// `tags/list`, paginated with `n` and `last`.
pub(crate) async fn list(call: &Call) -> Result<Response, Error> {
    if call.method != Method::GET {
        return Err(call.not_allowed("GET"));
    }
    let Some(mut tags) = call.on_disk(|store, image| store.tags(image)).await? else {
        let message = format!("image {} does not exist", call.name.full());
        return Err(Error::new(Code::NameUnknown, message));
    };
    if let Some(last) = call.query.get("last") {
        let after = |tag: &String| {
            (tag.to_ascii_lowercase(), tag.as_str()) > (last.to_ascii_lowercase(), last.as_str())
        };
        tags.retain(after);
    }
    let mut next = None;
    if let Some(count) = call.query.get("n") {
        let count: usize = count.parse().map_err(|_| {
            Error::new(Code::Unsupported, format!("n={count} is not a number"))
                .status(http::StatusCode::BAD_REQUEST)
        })?;
        if tags.len() > count {
            tags.truncate(count);
            let last = tags.last().cloned();
            next = last.map(|last| {
                let path = format!("/v2/{}/tags/list", call.name.full());
                format!("<{path}?n={count}&last={last}>; rel=\"next\"")
            });
        }
    }
    let mut response = Json(json!({ "name": call.name.full(), "tags": tags })).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(LINK, header_value(&next));
    }
    Ok(response)
}

/// `referrers/<digest>`: an index of the manifests that have this digest as their subject.
pub(crate) async fn referrers(call: &Call, digest: &str) -> Result<Response, Error> {
    if call.method != Method::GET {
        return Err(call.not_allowed("GET"));
    }
    let subject = parse_digest(digest)?.to_string();
    let wanted = call.query.get("artifactType").cloned();
    let filtered = wanted.is_some();
    let found = call
        .on_disk(move |store, image| {
            let mut found: Vec<Value> = Vec::new();
            for stored in store.manifests(image)? {
                let Ok((manifest, media_type)) =
                    Manifest::parse(&stored.bytes, Some(&stored.media_type))
                else {
                    continue;
                };
                let refers = manifest.subject.as_ref().is_some_and(|s| s.digest == subject);
                let kind = manifest.referrer_type();
                if !refers || wanted.as_deref().is_some_and(|wanted| kind != Some(wanted)) {
                    continue;
                }
                let mut entry = json!({
                    "mediaType": media_type,
                    "digest": stored.digest.to_string(),
                    "size": stored.bytes.len(),
                });
                if let Some(kind) = kind {
                    entry["artifactType"] = kind.into();
                }
                if let Some(annotations) = &manifest.annotations {
                    entry["annotations"] = json!(annotations);
                }
                found.push(entry);
            }
            Ok(found)
        })
        .await?;
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found });
    let mut response = Json(index).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(OCI_INDEX));
    if filtered {
        headers.insert(FILTERS, HeaderValue::from_static("artifactType"));
    }
    Ok(response)
}
