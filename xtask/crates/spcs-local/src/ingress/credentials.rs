//! The credential of a request: a Snowflake token in a header, or the ingress cookie.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::browser_sessions::VALIDITY;

/// The ingress cookie, which a sign-in sets. It is never forwarded to containers.
pub(crate) const COOKIE_NAME: &str = "sfc-ss-ingress-auth-v1";
/// The header for the token if the application uses `Authorization` itself.
pub(crate) const SPCS_AUTHORIZATION: HeaderName =
    HeaderName::from_static("x-sf-spcs-authorization");

/// The credential of a request.
pub(crate) enum Credential {
    Missing,
    Header(String),
    /// The tokens of all ingress cookies. A page can set further ones for its own paths.
    Cookies(Vec<String>),
}

/// Finds the credential. A header takes precedence over the cookie.
pub(crate) fn find(headers: &HeaderMap) -> Credential {
    let header = [SPCS_AUTHORIZATION, AUTHORIZATION]
        .iter()
        .find_map(|name| headers.get(name).and_then(snowflake_token));
    if let Some(token) = header {
        return Credential::Header(token);
    }
    let ours = cookies(headers).filter(|(name, _)| *name == COOKIE_NAME.as_bytes());
    let tokens = ours.filter_map(|(_, value)| std::str::from_utf8(value).ok());
    let tokens: Vec<String> = tokens.filter(|token| !token.is_empty()).map(str::to_owned).collect();
    if tokens.is_empty() { Credential::Missing } else { Credential::Cookies(tokens) }
}

/// The token of `Snowflake Token="…"`.
pub(crate) fn snowflake_token(value: &HeaderValue) -> Option<String> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let (key, token) = rest.trim().split_once('=')?;
    let ours = scheme.eq_ignore_ascii_case("snowflake") && key.eq_ignore_ascii_case("token");
    ours.then(|| token.trim_matches('"').to_owned())
}

/// The names and values of all cookies. They are bytes, because pages can set cookies that are not
/// UTF-8, which must not hide the others.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..at], &pair[at + 1..]))
    })
}

/// Sets the cookie for a token. Scripts cannot read it, and other sites can make a browser send it
/// only with a plain link. (Not `Secure`, because the local platform uses plain HTTP.)
pub(crate) fn set_cookie(token: &str) -> HeaderValue {
    cookie_header(token, VALIDITY.as_secs())
}

/// Deletes the cookie.
pub(crate) fn clear_cookie() -> HeaderValue {
    cookie_header("", 0)
}

fn cookie_header(value: &str, max_age: u64) -> HeaderValue {
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).expect("a token has letters and digits only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_not_utf8_does_not_hide_others() {
        let mut headers = HeaderMap::new();
        let line = format!("name=caf\u{e9}; {COOKIE_NAME}=token; other=1; {COOKIE_NAME}=second");
        headers.insert(COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        let Credential::Cookies(tokens) = find(&headers) else { panic!("no cookies") };
        assert_eq!(tokens, ["token", "second"]);
        assert_eq!(cookies(&headers).count(), 4);
    }
}
