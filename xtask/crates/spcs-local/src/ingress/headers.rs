//! SPCS's rules for the headers of requests and responses.

use std::net::IpAddr;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, EXPECT, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderMap, HeaderValue};

use super::credentials::{COOKIE_NAME, SPCS_AUTHORIZATION, cookies, snowflake_token};

/// The signed-in user. Containers can trust this header.
pub(crate) const CURRENT_USER: HeaderName = HeaderName::from_static("sf-context-current-user");
const CONTEXT_PREFIX: &str = "sf-context-";

/// SPCS's policy for all pages. A container's own policy can only restrict it further.
const BASELINE_POLICY: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; \
                               object-src 'none'; connect-src 'self'; frame-ancestors 'self';";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

/// The content types that SPCS blocks.
const EXECUTABLE_TYPES: [&str; 8] = [
    "application/x-msdownload",
    "application/exe",
    "application/x-exe",
    "application/dos-exe",
    "vms/exe",
    "application/x-winexe",
    "application/msdos-windows",
    "application/x-msdos-program",
];

/// Rewrites the headers of a request for the container.
pub(crate) fn for_container(headers: &mut HeaderMap, user: &str, host: &str, client: IpAddr) {
    let upgrade = upgrade_of(headers);
    remove_hop_by_hop(headers);
    headers.remove(EXPECT); // hyper has handled it
    headers.remove(SPCS_AUTHORIZATION);
    if headers.get(AUTHORIZATION).is_some_and(|value| snowflake_token(value).is_some()) {
        headers.remove(AUTHORIZATION);
    }
    let kept: Vec<Vec<u8>> = cookies(headers)
        .filter(|(name, _)| *name != COOKIE_NAME.as_bytes())
        .map(|(name, value)| [name, value].join(&b'='))
        .collect();
    headers.remove(COOKIE);
    insert(headers, COOKIE, kept.join(&b"; "[..]));
    let forged: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(CONTEXT_PREFIX)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    insert(headers, CURRENT_USER, user);
    insert(headers, HeaderName::from_static("x-forwarded-for"), client.to_string());
    insert(headers, HeaderName::from_static("x-forwarded-host"), host);
    insert(headers, HeaderName::from_static("x-forwarded-proto"), "http");
    restore_upgrade(headers, upgrade);
}

/// Rewrites the headers of a response for the client.
pub(crate) fn for_client(headers: &mut HeaderMap, upgraded: bool) {
    let upgrade = upgrade_of(headers).filter(|_| upgraded);
    remove_hop_by_hop(headers);
    for name in ["x-powered-by", "public-key-pins"] {
        headers.remove(name);
    }
    headers.remove(X_XSS_PROTECTION);
    headers.remove(SERVER);
    remove_forged_cookie(headers);
    if upgraded {
        restore_upgrade(headers, upgrade);
        return;
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if headers.get(EMBEDDER_POLICY).is_none_or(|policy| policy != "require-corp") {
        headers.insert(EMBEDDER_POLICY, HeaderValue::from_static("credentialless"));
    }
    // Browsers enforce all policies together, so append to the container's own.
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static(BASELINE_POLICY));
}

/// Whether a response has a blocked content type.
pub(crate) fn is_executable(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    EXECUTABLE_TYPES.iter().any(|kind| essence.eq_ignore_ascii_case(kind))
}

/// The protocol of an upgrade, in a request or response.
pub(crate) fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let wants = tokens_of_connection(headers).any(|token| token == "upgrade");
    headers.get(UPGRADE).filter(|_| wants).cloned()
}

fn restore_upgrade(headers: &mut HeaderMap, upgrade: Option<HeaderValue>) {
    if let Some(protocol) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = tokens_of_connection(headers).collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ] {
        headers.remove(name);
    }
}

fn tokens_of_connection(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|token| token.trim().to_ascii_lowercase())
}

/// Removes attempts of the container to set the ingress cookie.
fn remove_forged_cookie(headers: &mut HeaderMap) {
    let prefix = format!("{COOKIE_NAME}=");
    let kept: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter(|value| !value.as_bytes().trim_ascii_start().starts_with(prefix.as_bytes()))
        .cloned()
        .collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: impl AsRef<[u8]>) {
    let value = value.as_ref();
    if value.is_empty() {
        return;
    }
    // Values come from HTTP requests, so they have no control characters and this cannot fail.
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}
