//! Reads requests: the JSON body, gzipped or not, and the token in the Authorization header.
//!
//! A handler reads the body itself, after it has checked the token.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::reply::{failure, respond};
use crate::blocking;
use crate::body_budget::{BodyBudget, Share};

/// The maximum size of a body before a login, as sent and decompressed. Real ones are a few KiB.
pub(super) const SMALL: usize = 64 << 10;
/// The maximum size of a query request with its bind variables, as sent and decompressed.
pub(super) const QUERY: usize = 4 << 20;
/// How much of a refused body is read, so that the client gets to read the response.
const DISCARDED: usize = 64 << 20;
/// How long that may take.
const DISCARD_LIMIT: Duration = Duration::from_secs(5);
/// How long a client may take to send a body.
const RECEIVE_LIMIT: Duration = Duration::from_secs(20);

/// A decompressed body.
#[derive(Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    pub(super) share: Share,
}

/// Why a body is refused.
enum Refusal {
    NotJson,
    TooLarge(usize),
    NoRoom,
    TooSlow,
    Broken(String),
}

/// Reads a body and decompresses it. Neither may take more than `most` bytes.
pub(super) async fn read(
    budget: &BodyBudget,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Held, Box<Response>> {
    let encoded = headers.get(CONTENT_ENCODING).is_some_and(|value| value == "gzip");
    let mut frames = body.into_data_stream();
    let collected = if is_json(headers) {
        let collecting = collect(budget, &mut frames, most);
        let collected = tokio::time::timeout(RECEIVE_LIMIT, collecting).await;
        collected.unwrap_or(Err(Refusal::TooSlow))
    } else {
        Err(Refusal::NotJson)
    };
    let held = match collected {
        Ok(held) => held,
        Err(refusal) => {
            discard_rest(frames).await;
            return Err(refusal.into());
        }
    };
    if !encoded && !held.bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(held);
    }
    let budget = budget.clone();
    blocking::call(move || held.decompressed(&budget, most)).await.map_err(Box::from)
}

/// Reads and drops a body, so that the client gets to read the response.
pub(super) async fn discard(body: Body) {
    discard_rest(body.into_data_stream()).await;
}

async fn discard_rest(mut frames: BodyDataStream) {
    let discarding = async {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = frames.next().await {
            match left.checked_sub(frame.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_LIMIT, discarding).await; // best effort
}

/// Whether the body is declared as JSON. A web page cannot do that for another origin without
/// asking the platform first.
fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|declared| declared.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn collect(
    budget: &BodyBudget,
    frames: &mut BodyDataStream,
    most: usize,
) -> Result<Held, Refusal> {
    let mut held = Held::default();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|error| Refusal::Broken(error.to_string()))?;
        held.add(&frame, budget, most)?;
    }
    Ok(held)
}

impl Held {
    /// Parses the JSON of the body. Fields that `T` does not have take no memory.
    pub(super) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Box<Response>> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Box::from(Refusal::Broken(error.to_string())))
    }

    fn add(&mut self, more: &[u8], budget: &BodyBudget, most: usize) -> Result<(), Refusal> {
        let length = self.bytes.len() + more.len();
        if length > most {
            return Err(Refusal::TooLarge(most));
        }
        if !self.share.grow(budget, length.saturating_sub(SMALL)) {
            return Err(Refusal::NoRoom);
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    fn decompressed(self, budget: &BodyBudget, most: usize) -> Result<Held, Refusal> {
        let mut decompressed = Held::default();
        let mut decoder = flate2::read::GzDecoder::new(&self.bytes[..]);
        let mut chunk = [0; 16 << 10];
        loop {
            match decoder.read(&mut chunk) {
                Ok(0) => return Ok(decompressed),
                Ok(length) => decompressed.add(&chunk[..length], budget, most)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Refusal::Broken(error.to_string())),
            }
        }
    }
}

impl From<Refusal> for Box<Response> {
    fn from(refusal: Refusal) -> Self {
        Box::new(match refusal {
            Refusal::NotJson => {
                let message = "The request must have Content-Type: application/json.";
                respond(failure("391902", message))
            }
            Refusal::TooSlow => {
                let message = format!("The request was not complete after {RECEIVE_LIMIT:?}.");
                respond(failure("391902", &message))
            }
            Refusal::TooLarge(most) => {
                let message =
                    format!("The request is larger than {most} bytes, sent or decompressed.");
                respond(failure("390104", &message))
            }
            // Snowflake's clients retry after this status.
            Refusal::NoRoom => {
                let message = "Too many large requests at once; retry later.";
                let refused = respond(failure("390503", message));
                (StatusCode::SERVICE_UNAVAILABLE, refused).into_response()
            }
            Refusal::Broken(why) => {
                respond(failure("391902", &format!("The request cannot be read: {why}")))
            }
        })
    }
}

/// The token in `Authorization: Snowflake Token="…"`.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Snowflake Token=\"")?.strip_suffix('"')
}
