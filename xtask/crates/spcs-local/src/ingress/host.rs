//! The host of a request, and the label in it that identifies an endpoint.

use axum::extract::Request;
use http::header::HOST;

/// The host and port as the client sent them.
pub(crate) fn of(request: &Request) -> String {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    host.unwrap_or_default().to_owned()
}

/// The host without its port, in lower case.
pub(crate) fn name(host: &str) -> String {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The label of `<label>.localhost[:port]`.
pub(crate) fn label(host: &str) -> Option<String> {
    let name = name(host);
    let label = name.strip_suffix(".localhost")?;
    (!label.is_empty() && !label.contains('.')).then(|| label.to_owned())
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
