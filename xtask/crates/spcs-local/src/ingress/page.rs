//! The proxy's own responses: HTML pages for browsers, JSON for programs.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::Request;
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::access::Principal;

/// No external resources, no scripts, no frames.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
const RETRY_SECONDS: &str = "3";
const REFRESH: HeaderName = HeaderName::from_static("refresh");

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--accent:#1f6feb}\
body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}\
main{width:min(22rem,calc(100vw - 4rem));padding:2rem;border:1px solid var(--line);border-radius:12px}\
h1{font-size:1.35rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem;overflow-wrap:anywhere}\
label{display:block;margin:0 0 1rem;font-weight:600}\
input,button{font:inherit;box-sizing:border-box;width:100%;padding:.55rem .7rem;border-radius:8px}\
input{margin-top:.25rem;font-weight:400;border:1px solid var(--line);background:Canvas;color:CanvasText}\
button{border:0;background:var(--accent);color:#fff;font-weight:600;cursor:pointer}\
[role=alert]{border-left:4px solid #d1242f;padding-left:.75rem}small{opacity:.75}";

/// Whether the client accepts HTML: a browser that navigates, not a program or script.
pub(crate) fn accepts_html(request: &Request) -> bool {
    let accepts = request.headers().get_all(ACCEPT).iter();
    accepts.filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

/// A page with an HTML body.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{body}\n</main></body></html>\n"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Escapes text for HTML, including quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The error response for a request that is not forwarded.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    title: &'static str,
    text: String,
    links: &'static str,
    retry: bool,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, title: &'static str, text: String) -> Refusal {
        Refusal { status, title, text, links: "", retry: false }
    }

    /// None of the user's roles holds the endpoint's service role.
    pub(crate) fn denied(host: &str, principal: &Principal) -> Refusal {
        let mut text = format!("Access denied. Insufficient privileges to use {host}.");
        let roles = principal.roles.join(", ");
        let _ = write!(text, " User {}; active roles: {roles}.", principal.identity.name());
        let links = "<p><a href=\"/sfc-endpoint/logout\">Sign out</a></p>";
        Refusal { links, ..Refusal::new(StatusCode::FORBIDDEN, "Access denied", text) }
    }

    /// The service is not ready yet, so the client should retry.
    pub(crate) fn not_ready(text: String) -> Refusal {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Refusal { retry: true, ..Refusal::new(status, "Service not ready", text) }
    }

    pub(crate) fn respond(self, as_page: bool) -> Response {
        let mut response = if as_page {
            let body = format!("<p>{}</p>{}", escape(&self.text), self.links);
            page(self.status, self.title, &body)
        } else {
            let detail = json!({ "responseType": "ERROR", "detail": self.text });
            (self.status, Json(detail)).into_response()
        };
        if self.retry {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
            if as_page {
                headers.insert(REFRESH, HeaderValue::from_static(RETRY_SECONDS));
            }
        }
        response
    }
}
