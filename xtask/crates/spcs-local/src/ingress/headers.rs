//! SPCS's rules for the headers of requests and responses.

use std::net::IpAddr;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, EXPECT, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SERVER, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderMap, HeaderValue};

use super::credentials::{COOKIE_NAME, SPCS_AUTHORIZATION, cookies, snowflake_token};

/// The signed-in user. Containers that check the key can trust this header.
pub(crate) const CURRENT_USER: HeaderName = HeaderName::from_static("sf-context-current-user");
/// The key that the platform wrote for the containers of the service.
pub(crate) const INGRESS_KEY: HeaderName = HeaderName::from_static("sf-context-ingress-key");

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

/// What the ingress tells a container about a request.
pub(crate) struct Context<'a> {
    pub(crate) user: &'a str,
    pub(crate) key: &'a str,
    pub(crate) host: &'a str,
    pub(crate) client: IpAddr,
}

/// Rewrites the headers of a request for the container.
pub(crate) fn for_container(headers: &mut HeaderMap, context: &Context<'_>) {
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
        headers.keys().filter(|name| is_of_ingress(name.as_str())).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    insert(headers, CURRENT_USER, context.user);
    insert(headers, INGRESS_KEY, context.key);
    insert(headers, HeaderName::from_static("x-forwarded-for"), context.client.to_string());
    insert(headers, HeaderName::from_static("x-forwarded-host"), context.host);
    insert(headers, HeaderName::from_static("x-forwarded-proto"), "http");
    restore_upgrade(headers, upgrade);
}

/// Whether only an ingress may set the header. Many frameworks take `_` for `-`.
fn is_of_ingress(name: &str) -> bool {
    let name = name.replace('_', "-");
    name.starts_with("sf-context-")
        || name.starts_with("x-forwarded-")
        || matches!(name.as_str(), "forwarded" | "x-real-ip")
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
    restrict_cookies(headers);
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

/// Removes cookies that browsers could send as the ingress's, and keeps the others to the
/// endpoint's own host: endpoints are siblings below `localhost`.
fn restrict_cookies(headers: &mut HeaderMap) {
    let kept: Vec<HeaderValue> =
        headers.get_all(SET_COOKIE).iter().filter_map(restricted_cookie).collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

fn restricted_cookie(value: &HeaderValue) -> Option<HeaderValue> {
    let mut parts = value.as_bytes().split(|byte| *byte == b';');
    let pair = parts.next()?;
    // Browsers send a cookie without a name as its value alone, which then looks like a pair.
    let at = pair.iter().position(|byte| *byte == b'=')?;
    let name = pair[..at].trim_ascii();
    if name.is_empty() || name.eq_ignore_ascii_case(COOKIE_NAME.as_bytes()) {
        return None;
    }
    let is_domain = |part: &&[u8]| {
        let attribute = part.split(|byte| *byte == b'=').next().unwrap_or_default();
        attribute.trim_ascii().eq_ignore_ascii_case(b"domain")
    };
    let kept: Vec<&[u8]> =
        std::iter::once(pair).chain(parts.filter(|part| !is_domain(part))).collect();
    HeaderValue::from_bytes(&kept.join(&b';')).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_sets_cookies_for_its_own_host_only_and_never_the_one_of_the_ingress() {
        let of = |text: &'static str| {
            let kept = restricted_cookie(&HeaderValue::from_static(text));
            kept.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of("a=1; Path=/; HttpOnly").as_deref(), Some("a=1; Path=/; HttpOnly"));
        for domain in ["a=1; Domain=localhost; Path=/", "a=1; dOmain =.localhost; Path=/"] {
            assert_eq!(of(domain).as_deref(), Some("a=1; Path=/"));
        }
        for forged in [
            "sfc-ss-ingress-auth-v1=x",
            " sfc-ss-ingress-auth-v1 =x; Path=/lab",
            "SFC-SS-Ingress-Auth-v1=x",
            "=sfc-ss-ingress-auth-v1=x",
            "sfc-ss-ingress-auth-v1",
            "",
        ] {
            assert_eq!(of(forged), None, "{forged}");
        }
    }

    #[test]
    fn only_the_ingress_says_who_sends_a_request_and_from_where() {
        let forged = [
            "sf-context-current-user",
            "sf_context_current_user",
            "sf-context_current-user-token",
            "sf_context-ingress_key",
            "x-forwarded-user",
            "x_forwarded_for",
            "forwarded",
            "x-real-ip",
            "x_real_ip",
        ];
        let mut headers: HeaderMap = forged
            .iter()
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("forged")))
            .collect();
        let client = IpAddr::from([127, 0, 0, 1]);
        let context = Context { user: "A", key: "k", host: "x.localhost", client };
        for_container(&mut headers, &context);
        assert!(headers.values().all(|value| value != "forged"), "{headers:?}");
        assert_eq!(
            (&headers[CURRENT_USER], &headers[INGRESS_KEY]),
            (&"A".parse().unwrap(), &"k".parse().unwrap())
        );
    }
}
