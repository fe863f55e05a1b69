//! Authentication: `/login`, and the Basic and Bearer credentials of all other requests.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ALLOW, AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use http::{Extensions, HeaderMap, Method};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Access, BearerToken, Caller};
use crate::call::Shared;
use crate::error::{Code, Error};

/// The user name that marks the password as a session token.
const SESSION_TOKEN_USER: &str = "0sessiontoken";

/// Exchanges Basic credentials for a bearer token. Docker's query parameters are accepted and
/// ignored: a token identifies the user, and privileges are checked on every request.
pub(crate) async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let answer = match *request.method() {
        Method::GET => {
            log_in(&*shared.access, client(request.extensions()), request.headers()).await
        }
        // Clients that try the OAuth POST first fall back to GET after this response.
        _ => Err(Error::unsupported("log in with GET and Basic credentials").header(ALLOW, "GET")),
    };
    answer.unwrap_or_else(Error::into_response)
}

/// The address of the client, if the listener tells it.
pub(crate) fn client(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

async fn log_in(
    access: &dyn Access,
    client: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let host = host(headers);
    let refused = |message: String| {
        Error::new(Code::Unauthorized, message)
            .header(WWW_AUTHENTICATE, &format!("Basic realm=\"{host}\""))
    };
    let Some(Credentials::Basic { user, password }) = Credentials::read(headers) else {
        return Err(refused("authentication required: user and password".to_owned()));
    };
    let caller = check_basic(access, client, &user, &password).await.map_err(refused)?;
    let BearerToken { token, valid_for } = caller.issue_token();
    Ok(Json(json!({
        "token": token,
        "access_token": token,
        "expires_in": valid_for.as_secs(),
        "issued_at": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }))
    .into_response())
}

/// Authenticates a `/v2` request. The error is a challenge that tells the client how to log in.
pub(crate) async fn authenticate(
    access: &dyn Access,
    client: Option<SocketAddr>,
    headers: &HeaderMap,
    scope: Option<&str>,
) -> Result<Arc<dyn Caller>, Error> {
    let caller = match Credentials::read(headers) {
        Some(Credentials::Bearer(token)) => access.token(&token),
        Some(Credentials::Basic { user, password }) => {
            check_basic(access, client, &user, &password).await.ok()
        }
        None => None,
    };
    caller.ok_or_else(|| challenge(&host(headers), scope))
}

/// 401 with a challenge that points to `/login`.
pub(crate) fn challenge(host: &str, scope: Option<&str>) -> Error {
    let mut value = format!("Bearer realm=\"http://{host}/login\",service=\"{host}\"");
    if let Some(scope) = scope {
        value.push_str(&format!(",scope=\"{scope}\""));
    }
    Error::new(Code::Unauthorized, "authentication required").header(WWW_AUTHENTICATE, &value)
}

/// The host that the client used, for the URLs in responses.
pub(crate) fn host(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or("127.0.0.1").to_owned()
}

/// The password that Snowflake's own clients send with [`SESSION_TOKEN_USER`].
#[derive(Deserialize)]
struct SessionToken {
    token: String,
}

async fn check_basic(
    access: &dyn Access,
    client: Option<SocketAddr>,
    user: &str,
    password: &str,
) -> Result<Arc<dyn Caller>, String> {
    if user != SESSION_TOKEN_USER {
        return access.login(client, user, password).await;
    }
    // Snowflake's clients send {"token": …, "expires_in": …}; people paste the bare token.
    let parsed: Option<SessionToken> = serde_json::from_str(password).ok();
    let token = parsed.as_ref().map_or(password, |parsed| &parsed.token);
    access.token(token).ok_or_else(|| "the session token is invalid or has expired".to_owned())
}

enum Credentials {
    Basic { user: String, password: String },
    Bearer(String),
}

impl Credentials {
    fn read(headers: &HeaderMap) -> Option<Credentials> {
        let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Credentials::Bearer(value.trim().to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Credentials::Basic { user: user.to_owned(), password: password.to_owned() })
    }
}
