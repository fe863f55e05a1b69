//! Signing in and out: `/sfc-endpoint/login` and `/sfc-endpoint/logout` of every ingress host.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{FromRequest as _, Query, Request};
use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::credentials::{Presented, clear_cookie, presented, set_cookie};
use super::page::{self, Refusal, escape, page};
use crate::access::Access;

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

#[derive(Deserialize)]
struct Filled {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Answers a request that shows no valid credential: browsers are sent to the form.
pub(crate) fn demand(presented: &Presented, request: &Request) -> Result<Response, Refusal> {
    let navigates = matches!(*request.method(), Method::GET | Method::HEAD);
    if page::wanted(request) && navigates && !matches!(presented, Presented::Header(_)) {
        let next = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let next = utf8_percent_encode(next, IN_QUERY);
        return Ok(redirect(StatusCode::FOUND, &format!("/sfc-endpoint/login?next={next}")));
    }
    let text = match presented {
        Presented::Header(_) => "The Snowflake token is not valid or has expired.",
        _ => "Authentication required: sign in, or send Authorization: Snowflake Token=\"…\".",
    };
    Err(Refusal::new(StatusCode::UNAUTHORIZED, "Authentication required", text.to_owned()))
}

/// Serves the paths that every ingress host keeps for itself.
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
            // A copy of the cookie must not outlive the sign-out.
            if let Presented::Cookie(cookie) = presented(request.headers()) {
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
    let filled = match Form::<Filled>::from_request(request, &()).await {
        Ok(Form(filled)) => filled,
        Err(error) => {
            let text = format!("The form could not be read: {error}.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "Not accepted", text));
        }
    };
    match access.login(&filled.username, &filled.password).await {
        Ok(principal) => {
            let next = local_path(&filled.next);
            let mut response = redirect(StatusCode::SEE_OTHER, next);
            let cookie = set_cookie(&access.issue_token(&principal));
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(reason) => {
            let status = StatusCode::UNAUTHORIZED;
            Ok(form(status, host, &filled.username, &filled.next, Some(&reason)))
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

/// A sign-in must not lead away from this host: only paths, and none that browsers take for a
/// host (`//host`, `/\host`, or either with a control character in it).
fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(char::is_control)
        && !next.starts_with("/sfc-endpoint/");
    if local { next } else { "/" }
}

/// Whether a browser says that the form is ours. Programs send no `Origin`.
fn sent_from(host: &str, origin: Option<&HeaderValue>) -> bool {
    let Some(origin) = origin else { return true };
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn redirect(status: StatusCode, to: &str) -> Response {
    let mut response = status.into_response();
    // Text that no header can hold was typed by hand; the front page is a fair place for it.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    response
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_host_are_followed_after_a_sign_in() {
        assert_eq!(local_path("/lab/tree?x=1"), "/lab/tree?x=1");
        for away in ["", "lab", "//evil", "/\\evil", "http://evil", "/\t/evil", "/a\r\nb: c"] {
            assert_eq!(local_path(away), "/", "{away:?}");
        }
    }
}
