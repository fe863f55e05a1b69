//! Sign-in and sign-out: `/sfc-endpoint/login` and `/sfc-endpoint/logout` on every ingress host.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{FromRequest as _, Query, Request};
use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::credentials::{self, Credential, clear_cookie, set_cookie};
use super::page::{self, Refusal, escape, page};
use crate::access::Access;

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

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
    match (request.uri().path(), request.method()) {
        ("/sfc-endpoint/login", &Method::GET | &Method::HEAD) => {
            let query = Query::<HashMap<String, String>>::try_from_uri(request.uri());
            let next = query.ok().and_then(|Query(mut query)| query.remove("next"));
            Ok(form(StatusCode::OK, host, "", &next.unwrap_or_default(), None))
        }
        ("/sfc-endpoint/login", &Method::POST) => submit(access, host, request).await,
        ("/sfc-endpoint/logout", &Method::GET | &Method::HEAD | &Method::POST) => {
            // Revoke the token, so that copies of the cookie become invalid too.
            if let Credential::Cookie(cookie) = credentials::find(request.headers()) {
                access.revoke_token(cookie.token());
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
    if !sent_from(host, request.headers().get(ORIGIN)) {
        let text = "The form was sent from another site.".to_owned();
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Not accepted", text));
    }
    let login = match Form::<LoginForm>::from_request(request, &()).await {
        Ok(Form(login)) => login,
        Err(error) => {
            let text = format!("The form could not be read: {error}.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "Not accepted", text));
        }
    };
    match access.login(&login.username, &login.password).await {
        Ok(principal) => {
            let next = local_path(&login.next);
            let mut response = redirect(StatusCode::SEE_OTHER, next);
            let cookie = set_cookie(&access.issue_token(&principal));
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(reason) => {
            let status = StatusCode::UNAUTHORIZED;
            Ok(form(status, host, &login.username, &login.next, Some(&reason)))
        }
    }
}

fn form(status: StatusCode, host: &str, user: &str, next: &str, error: Option<&str>) -> Response {
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

/// Whether the form was sent from this host. Programs send no `Origin`.
fn sent_from(host: &str, origin: Option<&HeaderValue>) -> bool {
    let Some(origin) = origin else { return true };
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
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
