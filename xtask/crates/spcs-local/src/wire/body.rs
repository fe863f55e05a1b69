//! Reads requests: the JSON body, gzipped or not, and the token in the Authorization header.

use std::io::Read;

use axum::body::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_ENCODING};
use serde_json::Value as Json;

/// The maximum size of a decompressed body.
const MAX_DECOMPRESSED: u64 = 64 << 20;

/// The JSON of a body; `Null` if it is not valid.
pub(super) fn json(headers: &HeaderMap, body: &Bytes) -> Json {
    let gzip = headers.get(CONTENT_ENCODING).is_some_and(|value| value == "gzip")
        || body.starts_with(&[0x1f, 0x8b]);
    if !gzip {
        return serde_json::from_slice(body).unwrap_or(Json::Null);
    }
    let mut text = Vec::new();
    let read =
        flate2::read::MultiGzDecoder::new(&body[..]).take(MAX_DECOMPRESSED).read_to_end(&mut text);
    match read {
        Ok(_) => serde_json::from_slice(&text).unwrap_or(Json::Null),
        Err(_) => Json::Null,
    }
}

/// The token in `Authorization: Snowflake Token="…"`.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Snowflake Token=\"")?.strip_suffix('"')
}
