//! The public side of a service: its URL.

use spcs_apply::observe::Endpoint;

/// The URL of an ingress host: plain HTTP only for the platform on this machine.
pub(crate) fn url(host: &str) -> String {
    let name = host.split(':').next().unwrap_or(host);
    let scheme = if name.ends_with(".localhost") { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// The URL of the first public endpoint that has one.
pub(crate) fn first_public<'e>(
    endpoints: impl IntoIterator<Item = &'e Endpoint>,
) -> Option<String> {
    let mut public = endpoints.into_iter().filter(|endpoint| endpoint.is_public);
    public.find_map(|endpoint| endpoint.ingress_url.as_deref().map(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_local_platform_is_reached_without_tls() {
        assert_eq!(
            url("abcdef-spcs-local.localhost:8462"),
            "http://abcdef-spcs-local.localhost:8462"
        );
        assert_eq!(url("a-o-a.snowflakecomputing.app"), "https://a-o-a.snowflakecomputing.app");
        assert_eq!(url("localhost.example.com"), "https://localhost.example.com");
    }
}
