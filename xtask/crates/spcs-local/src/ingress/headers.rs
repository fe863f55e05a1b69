//! The header rules of SPCS's ingress, both ways.

use std::net::IpAddr;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, EXPECT, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderMap, HeaderValue};

use super::credentials::{COOKIE_NAME, SPCS_AUTHORIZATION, cookies, snowflake_token};

/// Who is signed in, for the container to trust.
pub(crate) const CURRENT_USER: HeaderName = HeaderName::from_static("sf-context-current-user");
const CONTEXT_PREFIX: &str = "sf-context-";

/// What SPCS allows a page at most; a container's own policy can only narrow it.
const BASELINE_POLICY: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; \
                               object-src 'none'; connect-src 'self'; frame-ancestors 'self';";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

/// Types of content that SPCS does not let out.
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

/// What the container sees instead of what the client sent.
pub(crate) fn for_container(headers: &mut HeaderMap, user: &str, host: &str, client: IpAddr) {
    let upgrade = upgrade_of(headers);
    remove_hop_by_hop(headers);
    headers.remove(EXPECT); // answered by this server already
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

/// What the client sees instead of what the container sent.
pub(crate) fn for_client(headers: &mut HeaderMap, upgraded: bool) {
    let upgrade = upgrade_of(headers).filter(|_| upgraded);
    remove_hop_by_hop(headers);
    for name in ["x-powered-by", "public-key-pins"] {
        headers.remove(name);
    }
    headers.remove(X_XSS_PROTECTION);
    headers.remove(SERVER);
    keep_our_cookie(headers);
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
    // Browsers enforce every policy they are given: beside the container's own, the baseline can
    // only take away.
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static(BASELINE_POLICY));
}

/// Whether a response is of a type that is never passed on.
pub(crate) fn is_executable(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    EXECUTABLE_TYPES.iter().any(|kind| essence.eq_ignore_ascii_case(kind))
}

/// The protocol that an upgrade is asked or agreed for.
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

/// A container must not replace the cookie of the sign-in.
fn keep_our_cookie(headers: &mut HeaderMap) {
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
    // Any visible text is a header value; control characters cannot have come in by HTTP.
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}
