//! Requests that browsers send for pages of other origins.

use axum::extract::Request;
use http::header::{HeaderName, ORIGIN};
use http::{HeaderMap, Method};

/// How the origins of a request and of the page that sends it are related; browsers set it.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Whether a page of another origin sends the request. Programs send neither header.
pub(crate) fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let own_origin = headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    });
    let own_site = headers.get_all(FETCH_SITE).iter().all(|site| {
        // `none`: the user typed the address or used a bookmark.
        matches!(site.as_bytes(), b"same-origin" | b"none")
    });
    !own_origin || !own_site
}

/// Whether the user follows a link: the page that has it gets nothing of the response.
pub(crate) fn is_navigation(request: &Request) -> bool {
    let headers = request.headers();
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !headers.contains_key(ORIGIN)
        && headers.get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_pages_of_the_same_origin_and_programs_are_not_foreign() {
        let foreign = |name: &'static str, value: &'static str| {
            let headers = [(HeaderName::from_static(name), HeaderValue::from_static(value))];
            is_foreign(&HeaderMap::from_iter(headers), "127.0.0.1:8462")
        };
        assert!(!is_foreign(&HeaderMap::new(), "127.0.0.1:8462"));
        assert!(!foreign("origin", "http://127.0.0.1:8462"));
        assert!(!foreign("sec-fetch-site", "same-origin") && !foreign("sec-fetch-site", "none"));
        for origin in ["null", "", "http://127.0.0.1", "http://127.0.0.1:84", "http://evil.example"]
        {
            assert!(foreign("origin", origin), "{origin}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(foreign("sec-fetch-site", site), "{site}");
        }
    }
}
