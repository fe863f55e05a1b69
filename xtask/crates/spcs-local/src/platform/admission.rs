//! Which requests the platform answers at all. It listens for this machine and its containers only.
//! Web pages can reach it there through the browser: under a name that they resolve to 127.0.0.1
//! (DNS rebinding), or with requests whose response they do not get to see.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::HOST;

use crate::account::CONTAINER_HOST;
use crate::ingress::{host, origin};

/// What answers a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// The wire protocol, the registry and the stages.
    Account,
    /// The endpoints of services, each under a host of its own.
    Ingress,
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the request must have exactly one Host")]
    NoHost,
    #[error("the platform is not `{0}`; use 127.0.0.1, or SNOWFLAKE_HOST in a container")]
    ForeignHost(String),
    #[error("a web page must not send requests to the account")]
    WebPage,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Refusal::NoHost => StatusCode::BAD_REQUEST,
            Refusal::ForeignHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Refusal::WebPage => StatusCode::FORBIDDEN,
        };
        tracing::warn!(reason = %self, "refused a request");
        (status, format!("{self}\n")).into_response()
    }
}

/// Chooses by the host, at the listener of this machine.
pub(super) fn admit(request: &Request) -> Result<Destination, Refusal> {
    let host = only_host(request)?;
    let name = host::name(&host);
    if name.ends_with(".localhost") {
        return Ok(Destination::Ingress);
    }
    if !matches!(name.as_str(), "127.0.0.1" | "localhost") {
        return Err(Refusal::ForeignHost(host));
    }
    no_page(request, &host).map(|()| Destination::Account)
}

/// Admits requests to the account, at the listeners of containers.
pub(super) fn admit_from_container(request: &Request) -> Result<(), Refusal> {
    let host = only_host(request)?;
    if host::name(&host) != CONTAINER_HOST {
        return Err(Refusal::ForeignHost(host));
    }
    no_page(request, &host)
}

fn only_host(request: &Request) -> Result<String, Refusal> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let host = host::of(request);
    // A request line with a host of its own must name the same.
    let named = request.uri().authority().is_none_or(|named| named.as_str() == host);
    if hosts != 1 || host.is_empty() || !named {
        return Err(Refusal::NoHost);
    }
    Ok(host)
}

/// No page has the origin of the account, which serves none.
fn no_page(request: &Request, host: &str) -> Result<(), Refusal> {
    match origin::is_foreign(request.headers(), host) {
        true => Err(Refusal::WebPage),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(axum::body::Body::empty()).unwrap()
    }

    #[test]
    fn only_the_platforms_own_hosts_are_answered() {
        let of = |host: &str| admit(&request("/", &[("host", host)]));
        for host in ["127.0.0.1:8462", "localhost", "LOCALHOST.:1"] {
            assert_eq!(of(host), Ok(Destination::Account), "{host}");
        }
        assert_eq!(of("abc-spcs-local.localhost:8462"), Ok(Destination::Ingress));
        let foreign = ["evil.example", "127.0.0.1.evil.example:8462", "localhost.evil", "0.0.0.0"];
        for host in foreign.into_iter().chain([CONTAINER_HOST]) {
            assert_eq!(of(host), Err(Refusal::ForeignHost(host.to_owned())));
        }
        let inside = |host: &str| admit_from_container(&request("/", &[("host", host)]));
        assert_eq!(inside(&format!("{CONTAINER_HOST}:8462")), Ok(()));
        for host in foreign.into_iter().chain(["127.0.0.1", "localhost", "x.localhost"]) {
            assert_eq!(inside(host), Err(Refusal::ForeignHost(host.to_owned())));
        }
        for headers in [&[][..], &[("host", "")], &[("host", "localhost"), ("host", "evil")]] {
            assert_eq!(admit(&request("/", headers)), Err(Refusal::NoHost));
        }
        let other = request("http://evil.example/", &[("host", "127.0.0.1")]);
        assert_eq!(admit(&other), Err(Refusal::NoHost));
    }

    #[test]
    fn web_pages_reach_the_ingress_only() {
        for header in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
            let account = request("/", &[("host", "127.0.0.1:8462"), header]);
            assert_eq!(admit(&account), Err(Refusal::WebPage));
            let inside = request("/", &[("host", CONTAINER_HOST), header]);
            assert_eq!(admit_from_container(&inside), Err(Refusal::WebPage));
            let endpoint = request("/", &[("host", "abc-spcs-local.localhost"), header]);
            assert_eq!(admit(&endpoint), Ok(Destination::Ingress), "it decides itself");
        }
    }
}
