//! The credential of a request: a Snowflake token in a header, or the ingress cookie.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::access::TOKEN_VALIDITY;

/// The ingress cookie, which a sign-in sets. It is never forwarded to containers.
pub(crate) const COOKIE_NAME: &str = "sfc-ss-ingress-auth-v1";
/// The header for the token if the application uses `Authorization` itself.
pub(crate) const SPCS_AUTHORIZATION: HeaderName =
    HeaderName::from_static("x-sf-spcs-authorization");

/// The age at which a cookie is renewed, well before its token expires.
const RENEWAL_AGE: Duration = Duration::from_secs(10 * 60);

/// The credential of a request.
pub(crate) enum Credential {
    Missing,
    Header(String),
    Cookie(Cookie),
}

/// The content of the ingress cookie.
pub(crate) struct Cookie {
    token: String,
    issued: SystemTime,
}

impl Credential {
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Credential::Missing => None,
            Credential::Header(token) => Some(token),
            Credential::Cookie(cookie) => Some(cookie.token()),
        }
    }
}

impl Cookie {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.issued.elapsed().is_ok_and(|age| age > RENEWAL_AGE)
    }

    fn parse(value: &str) -> Option<Cookie> {
        let (issued, token) = value.split_once('.')?;
        let issued = UNIX_EPOCH + Duration::from_secs(issued.parse::<u32>().ok()?.into());
        let token = percent_decode_str(token).decode_utf8().ok()?.into_owned();
        Some(Cookie { token, issued })
    }
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
    let cookie =
        ours.filter_map(|(_, value)| std::str::from_utf8(value).ok()).find_map(Cookie::parse);
    cookie.map_or(Credential::Missing, Credential::Cookie)
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
    let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
    cookie_header(&format!("{issued}.{token}"), TOKEN_VALIDITY.as_secs())
}

/// Deletes the cookie.
pub(crate) fn clear_cookie() -> HeaderValue {
    cookie_header("", 0)
}

fn cookie_header(value: &str, max_age: u64) -> HeaderValue {
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).expect("digits and percent-encoded text are a valid header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_not_utf8_does_not_hide_others() {
        let mut headers = HeaderMap::new();
        let line = format!("name=caf\u{e9}; {COOKIE_NAME}=1.token; other=1");
        headers.insert(COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        assert_eq!(find(&headers).token(), Some("token"));
        assert_eq!(cookies(&headers).count(), 3);
    }
}
