//! What a request shows of its sender: a Snowflake token in a header, or our cookie.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The cookie that a sign-in sets; containers never see it.
pub(crate) const COOKIE_NAME: &str = "sfc-ss-ingress-auth-v1";
/// Programs may put the token here when the application needs `Authorization` for itself.
pub(crate) const SPCS_AUTHORIZATION: HeaderName =
    HeaderName::from_static("x-sf-spcs-authorization");

/// Tokens last an hour; a page in use gets a new one well before.
const STALE: Duration = Duration::from_secs(10 * 60);
const LIFETIME_SECONDS: u32 = 3600;

/// The credential of a request.
pub(crate) enum Presented {
    Nothing,
    Header(String),
    Cookie(Cookie),
}

/// The content of our cookie.
pub(crate) struct Cookie {
    token: String,
    issued: SystemTime,
}

impl Presented {
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Presented::Nothing => None,
            Presented::Header(token) => Some(token),
            Presented::Cookie(cookie) => Some(cookie.token()),
        }
    }
}

impl Cookie {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.issued.elapsed().is_ok_and(|age| age > STALE)
    }

    fn parse(value: &str) -> Option<Cookie> {
        let (issued, token) = value.split_once('.')?;
        let issued = UNIX_EPOCH + Duration::from_secs(issued.parse::<u32>().ok()?.into());
        let token = percent_decode_str(token).decode_utf8().ok()?.into_owned();
        Some(Cookie { token, issued })
    }
}

/// Finds the credential; a header counts before the cookie.
pub(crate) fn presented(headers: &HeaderMap) -> Presented {
    let header = [SPCS_AUTHORIZATION, AUTHORIZATION]
        .iter()
        .find_map(|name| headers.get(name).and_then(snowflake_token));
    if let Some(token) = header {
        return Presented::Header(token);
    }
    let cookie = cookies(headers)
        .find_map(|(name, value)| if name == COOKIE_NAME { Cookie::parse(value) } else { None });
    cookie.map_or(Presented::Nothing, Presented::Cookie)
}

/// The token of `Snowflake Token="…"`.
pub(crate) fn snowflake_token(value: &HeaderValue) -> Option<String> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let (key, token) = rest.trim().split_once('=')?;
    let ours = scheme.eq_ignore_ascii_case("snowflake") && key.eq_ignore_ascii_case("token");
    ours.then(|| token.trim_matches('"').to_owned())
}

/// All cookies of a request, by name and value.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

/// The cookie for a token. Scripts cannot read it, and other sites cannot make a browser send it
/// with anything but a plain link. (No `Secure`: the local platform speaks plain HTTP.)
pub(crate) fn set_cookie(token: &str) -> HeaderValue {
    let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
    cookie_header(&format!("{issued}.{token}"), LIFETIME_SECONDS)
}

/// Takes the cookie away.
pub(crate) fn clear_cookie() -> HeaderValue {
    cookie_header("", 0)
}

fn cookie_header(value: &str, max_age: u32) -> HeaderValue {
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).expect("digits and percent-encoded text are a valid header")
}
