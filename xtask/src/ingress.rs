//! The public URLs of services.

use spcs_apply::observe::Endpoint;

/// The URL of an ingress host. Only the local platform uses plain HTTP.
pub(crate) fn url(host: &str) -> String {
    let name = host.split(':').next().unwrap_or(host);
    let scheme = if name.ends_with(".localhost") { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// The URL of an endpoint, if it has one yet.
pub(crate) fn url_of(endpoint: Option<&Endpoint>) -> Option<String> {
    endpoint?.ingress_url.as_deref().map(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_platform_urls_use_plain_http() {
        assert_eq!(
            url("abcdef-spcs-local.localhost:8462"),
            "http://abcdef-spcs-local.localhost:8462"
        );
        assert_eq!(url("a-o-a.snowflakecomputing.app"), "https://a-o-a.snowflakecomputing.app");
        assert_eq!(url("localhost.example.com"), "https://localhost.example.com");
    }
}
