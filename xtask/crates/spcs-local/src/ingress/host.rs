//! The host of a request, and the label in it that identifies an endpoint.

use axum::extract::Request;
use http::header::HOST;

/// The host and port as the client sent them.
pub(crate) fn of(request: &Request) -> String {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    host.unwrap_or_default().to_owned()
}

/// The part before `.localhost[:port]`.
pub(crate) fn below_localhost(host: &str) -> Option<String> {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase();
    name.trim_end_matches('.').strip_suffix(".localhost").map(str::to_owned)
}

/// The label of `<label>.localhost[:port]`.
pub(crate) fn label(host: &str) -> Option<String> {
    below_localhost(host).filter(|label| !label.is_empty() && !label.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn the_label_is_a_single_part_before_localhost() {
        for host in ["Abc-spcs-local.localhost", "abc-spcs-local.LOCALHOST.:8462"] {
            assert_eq!(label(host).as_deref(), Some("abc-spcs-local"), "{host}");
        }
        for host in ["localhost", ".localhost", "a.b.localhost", "127.0.0.1:80", "a.localhost.evil"]
        {
            assert_eq!(label(host), None, "{host}");
        }
    }
}
