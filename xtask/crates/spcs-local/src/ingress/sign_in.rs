//! Sign-in and sign-out: `/sfc-endpoint/login` and `/sfc-endpoint/logout` on every ingress host.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Form;
use axum::extract::{ConnectInfo, FromRequest as _, Query, Request};
use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::credentials::{self, Credential, clear_cookie, set_cookie};
use super::origin;
use super::page::{self, Refusal, escape, page};
use crate::access::{Access, LoginError};

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

/// How long a client may take to send the form.
const FORM_LIMIT: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct LoginForm {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Responds to a request without a valid credential: redirects browsers to the login form.
pub(crate) fn require(credential: &Credential, request: &Request) -> Result<Response, Refusal> {
    let navigates = matches!(*request.method(), Method::GET | Method::HEAD);
    if page::accepts_html(request) && navigates && !matches!(credential, Credential::Header(_)) {
        let next = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let next = utf8_percent_encode(next, IN_QUERY);
        return Ok(redirect(StatusCode::FOUND, &format!("/sfc-endpoint/login?next={next}")));
    }
    let text = match credential {
        Credential::Header(_) => "The Snowflake token is invalid or has expired.",
        _ => "Authentication required: sign in, or send Authorization: Snowflake Token=\"…\".",
    };
    Err(Refusal::new(StatusCode::UNAUTHORIZED, "Authentication required", text.to_owned()))
}

/// Serves the reserved paths of every ingress host.
pub(crate) async fn serve(
    access: &dyn Access,
    host: &str,
    request: Request,
) -> Result<Response, Refusal> {
    if origin::is_foreign(request.headers(), host) && !origin::is_navigation(&request) {
        let text = "A page of another origin must not sign in or out.".to_owned();
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Not accepted", text));
    }
    match (request.uri().path(), request.method()) {
        ("/sfc-endpoint/login", &Method::GET | &Method::HEAD) => {
            let query = Query::<HashMap<String, String>>::try_from_uri(request.uri());
            let next = query.ok().and_then(|Query(mut query)| query.remove("next"));
            Ok(form_page(StatusCode::OK, host, "", &next.unwrap_or_default(), None))
        }
        ("/sfc-endpoint/login", &Method::POST) => submit(access, host, request).await,
        ("/sfc-endpoint/logout", &Method::GET | &Method::HEAD | &Method::POST) => {
            // Copies of the cookie become invalid too, and WebSockets are closed.
            if let Credential::Cookies(tokens) = credentials::find(request.headers()) {
                for token in tokens {
                    access.close_browser_session(&token);
                }
            }
            let body = "<p>You are signed out.</p><p><a href=\"/\">Sign in again</a></p>";
            let mut response = page(StatusCode::OK, "Signed out", body);
            response.headers_mut().insert(SET_COOKIE, clear_cookie());
            Ok(response)
        }
        ("/sfc-endpoint/login" | "/sfc-endpoint/logout", method) => {
            let text = format!("{method} is not supported here.");
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", text))
        }
        (path, _) => {
            let text = format!("There is nothing at {path}.");
            Err(Refusal::new(StatusCode::NOT_FOUND, "Not found", text))
        }
    }
}

async fn submit(access: &dyn Access, host: &str, request: Request) -> Result<Response, Refusal> {
    let client = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let unreadable = |why: &dyn std::fmt::Display| {
        let text = format!("The form could not be read: {why}.");
        Refusal::new(StatusCode::BAD_REQUEST, "Not accepted", text)
    };
    let form = tokio::time::timeout(FORM_LIMIT, Form::<LoginForm>::from_request(request, &()));
    let Form(login) = form
        .await
        .map_err(|_| unreadable(&"it takes too long"))?
        .map_err(|error| unreadable(&error))?;
    match access.login(client, &login.username, &login.password).await {
        Ok(principal) => {
            let next = local_path(&login.next);
            let mut response = redirect(StatusCode::SEE_OTHER, next);
            let cookie = set_cookie(&access.open_browser_session(&principal));
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(error) => {
            let status = match error {
                LoginError::Wrong => StatusCode::UNAUTHORIZED,
                LoginError::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
            };
            Ok(form_page(status, host, &login.username, &login.next, Some(&error.to_string())))
        }
    }
}

fn form_page(
    status: StatusCode,
    host: &str,
    user: &str,
    next: &str,
    error: Option<&str>,
) -> Response {
    let error =
        error.map_or(String::new(), |error| format!("<p role=\"alert\">{}</p>", escape(error)));
    let (host, user, next) = (escape(host), escape(user), escape(local_path(next)));
    let body = format!(
        "<p><small>to {host}</small></p>{error}\n\
         <form method=\"post\" action=\"/sfc-endpoint/login\">\
         <input type=\"hidden\" name=\"next\" value=\"{next}\">\n\
         <label>Username<input name=\"username\" value=\"{user}\" autocomplete=\"username\" \
         autocapitalize=\"none\" spellcheck=\"false\" required autofocus></label>\n\
         <label>Password<input name=\"password\" type=\"password\" \
         autocomplete=\"current-password\" required></label>\n\
         <button type=\"submit\">Sign in</button></form>"
    );
    page(status, "Sign in", &body)
}

/// The path to redirect to after a sign-in, or `/` if it could lead to another host: browsers read
/// `//host` and `/\host` as hosts, and ignore control characters in them.
fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(char::is_control)
        && !next.starts_with("/sfc-endpoint/");
    if local { next } else { "/" }
}

fn redirect(status: StatusCode, to: &str) -> Response {
    let mut response = status.into_response();
    // A path that is not a valid header value was typed by hand; redirect to the front page.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    response
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn a_sign_in_redirects_only_to_paths_on_this_host() {
        assert_eq!(local_path("/lab/tree?x=1"), "/lab/tree?x=1");
        for away in ["", "lab", "//evil", "/\\evil", "http://evil", "/\t/evil", "/a\r\nb: c"] {
            assert_eq!(local_path(away), "/", "{away:?}");
        }
    }
}
